#include "config_support.hpp"

#include "runtime/config/reference.hpp"
#include "runtime/config/schema_check.hpp"
#include "runtime/config/units.hpp"

#include <gmock/gmock.h>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <functional>
#include <regex>

namespace baton {
namespace {

using namespace config_tests;
using adapter = valijson::adapters::NlohmannJsonAdapter;
using schema_node = nlohmann::ordered_json;
using visitor = std::function<void(const schema_node&, const std::string& path)>;

/// Every schema node, with where it stands.
void visit(const schema_node& node, const std::string& path, const visitor& what) {
  what(node, path);
  for (const auto* group : {"properties", "definitions"})
    if (node.contains(group))
      for (const auto& [key, child] : node[group].items())
        visit(child, path + '/' + group + '/' + key, what);
  for (const auto* single : {"items", "additionalProperties", "propertyNames"})
    if (node.contains(single) && node[single].is_object())
      visit(node[single], path + '/' + single, what);
}

TEST(schema, is_valid_draft_07) {
  const auto metaschema =
      nlohmann::json::parse(read_source("tests/runtime/config/draft-07.schema.json"));
  valijson::Schema schema;
  valijson::SchemaParser{}.populateSchema(adapter{metaschema}, schema);
  const auto ours = nlohmann::json::parse(config_schema_text());
  EXPECT_EQ(ours["$schema"], "http://json-schema.org/draft-07/schema#");
  valijson::ValidationResults results;
  valijson::Validator validator;
  EXPECT_TRUE(validator.validate(schema, adapter{ours}, &results));
  for (valijson::ValidationResults::Error error; results.popError(error);)
    ADD_FAILURE() << testing::PrintToString(error.context) << ": " << error.description;
  // The check can fail.
  auto broken = ours;
  broken["definitions"]["host"]["type"] = "mapping";
  EXPECT_FALSE(validator.validate(schema, adapter{broken}, nullptr));
}

TEST(schema, is_the_published_file) {
  EXPECT_EQ(config_schema_text(), read_source("schema/baton.schema.json"));
}

TEST(schema, says_what_every_key_is_for) {
  std::size_t keys = 0;
  visit(config_schema(), "", [&](const schema_node& node, const std::string& path) {
    if (!node.contains("properties"))
      return;
    for (const auto& [key, property] : node["properties"].items()) {
      ++keys;
      const auto said = property.value("description", std::string{});
      EXPECT_GT(said.size(), 3u) << path << " has a key without words: " << key;
      EXPECT_TRUE(said.ends_with('.')) << path << '/' << key;
    }
  });
  EXPECT_GT(keys, 100u);
}

TEST(schema, knows_every_key_of_every_mapping) {
  visit(config_schema(), "", [](const schema_node& node, const std::string& path) {
    if (node.contains("properties")) {
      EXPECT_EQ(node.value("additionalProperties", true), false) << path;
    }
  });
}

TEST(schema, refers_only_to_what_is_there) {
  visit(config_schema(), "", [](const schema_node& node, const std::string& path) {
    if (node.contains("$ref")) {
      EXPECT_NO_THROW(resolve_schema(node)) << path;
    }
  });
}

TEST(schema, has_words_for_every_rule_that_can_be_broken) {
  visit(config_schema(), "", [](const schema_node& node, const std::string& path) {
    for (const auto* rule : {"pattern", "minimum", "maximum", "minItems", "minLength", "const"})
      if (node.contains(rule)) {
        EXPECT_TRUE(node.contains("errorMessage")) << path << " has " << rule;
      }
  });
}

/// Editors go by the pattern, Baton by its reader: they must agree.
TEST(schema, patterns_take_what_the_readers_take) {
  const auto& definitions = config_schema()["definitions"];
  const std::regex durations{definitions["duration"]["pattern"].get<std::string>()};
  for (const auto* text : {"10s", "5m", "1h30m", "500ms", "1.5s", "0s", "2d", "10", "", "s", "10 s",
                           "10S", "1h 30m", "-1s", "1e3s", ".5s", "1.s", "10sec", "1m1m"})
    EXPECT_EQ(std::regex_search(text, durations), parse_duration(text).has_value()) << text;
  const std::regex sizes{definitions["size"]["pattern"].get<std::string>()};
  for (const auto* text : {"10GB", "512MiB", "1.5T", "4096", "7 kB", "7KB", "10g", "B", "10 gigs",
                           "-1", "", "1KiB", "1kiB", "3B", "3iB", "1 TiB", "1  GB"})
    EXPECT_EQ(std::regex_search(text, sizes), parse_size(text).has_value()) << text;
}

TEST(reference, is_what_the_schema_gives) {
  EXPECT_EQ(configuration_reference(), read_source("docs/configuration.md"))
      << "baton config reference > docs/configuration.md";
}

} // namespace
} // namespace baton
