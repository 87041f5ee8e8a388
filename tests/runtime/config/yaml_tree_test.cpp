#include "runtime/config/schema_path.hpp"
#include "runtime/config/yaml_text.hpp"
#include "runtime/config/yaml_tree.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

std::shared_ptr<const yaml_node> parsed(std::string_view text) {
  auto document = parse_yaml(text, "f");
  if (!document) {
    ADD_FAILURE() << to_string(document.error()) << '\n' << text;
    return std::make_shared<const yaml_node>();
  }
  return *document;
}

nlohmann::json value_of(const std::string& scalar) {
  const auto document = parsed("key: " + scalar + "\n");
  return to_json(*document)["key"];
}

TEST(scalars, look_like_what_json_says_they_are) {
  EXPECT_EQ(value_of("true"), true);
  EXPECT_EQ(value_of("false"), false);
  EXPECT_EQ(value_of("12"), 12);
  EXPECT_EQ(value_of("-12"), -12);
  EXPECT_EQ(value_of("1.5"), 1.5);
  EXPECT_EQ(value_of("0"), 0);
  EXPECT_EQ(value_of("~"), nullptr);
  EXPECT_EQ(value_of("null"), nullptr);
  EXPECT_EQ(value_of(""), nullptr);
}

TEST(scalars, are_text_in_every_other_case) {
  for (const auto* text :
       {"no",      "yes",       "on",   "off",  "True",       "TRUE",  "y",
        "0123",    "1e3",       "0x1f", "0o17", "1.2.3",      "1_000", ".5",
        "5.",      "+1",        ".inf", ".nan", "2026-11-23", "1:30",  "12345678901234567890",
        "abc1234", "1e10000000"})
    EXPECT_EQ(value_of(text), text);
  EXPECT_EQ(value_of("\"12\""), "12");
  EXPECT_EQ(value_of("'true'"), "true");
  EXPECT_EQ(value_of("\"\""), "");
  EXPECT_EQ(value_of("!!str 12"), "12");
  EXPECT_EQ(value_of("|\n  12\n"), "12\n");
}

TEST(yaml_tree, knows_where_everything_stands) {
  const auto document = parsed("fleet: a\nhosts:\n  one: {port: 22}\n  two:\nlist: [x,\n  y]\n");
  const auto port = locate(*document, {{"hosts", "one", "port"}});
  EXPECT_EQ(port.at.line, 3);
  EXPECT_EQ(port.at.column, 9);
  EXPECT_EQ(port.value->at.column, 15);
  const auto two = locate(*document, {{"hosts", "two"}});
  EXPECT_EQ(two.at.line, 4);
  EXPECT_EQ(two.value->kind, yaml_kind::null);
  EXPECT_EQ(locate(*document, {{"list", "1"}}).at.line, 6);
  EXPECT_EQ(locate(*document, {{"list", "2"}}).value, nullptr);
  EXPECT_EQ(locate(*document, {{"hosts", "three"}}).value, nullptr);
}

TEST(yaml_tree, takes_windows_line_ends_and_a_byte_order_mark) {
  const auto document = parsed("\xef\xbb\xbf"
                               "fleet: a\r\nhosts:\r\n  one: {}\r\n");
  EXPECT_EQ(to_json(*document)["fleet"], "a");
  EXPECT_EQ(locate(*document, {{"hosts", "one"}}).at.line, 3);
}

TEST(yaml_tree, an_alias_is_what_it_stands_for) {
  const auto document = parsed("a: &x {k: [1, 2]}\nb: *x\n");
  EXPECT_EQ(to_json(*document)["b"], to_json(*document)["a"]);
}

TEST(yaml_tree, counts_an_alias_as_often_as_it_is_used) {
  yaml_limits limits;
  limits.nodes = 20;
  EXPECT_TRUE(parse_yaml("a: &x [1, 2, 3]\nb: *x\n", "f", limits));
  EXPECT_FALSE(parse_yaml("a: &x [1, 2, 3]\nb: [*x, *x, *x, *x]\n", "f", limits));
}

TEST(yaml_tree, gives_every_duplicate_key) {
  const auto document = parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 2\n\"a\": 3\n", "f");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().size(), 3u) << to_string(document.error());
}

TEST(yaml_tree, takes_foreign_files_when_not_strict) {
  yaml_limits limits;
  limits.strict = false;
  EXPECT_TRUE(parse_yaml("a: &x {b: 1}\nc: {<<: *x}\nd: !reset null\na: 2\n", "f", limits));
}

RC_GTEST_PROP(yaml_text, any_scalar_is_read_back_as_it_was, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string{"ab01.-_:/ ~#'\"{}[],&*!|>%@`?=\\$on\n\ttrue"}));
  const auto document =
      parse_yaml("key: " + yaml_scalar(text) + "\nlist: [" + yaml_scalar(text) + ", x]\n", "f");
  RC_ASSERT(document.has_value());
  RC_ASSERT(find_key(**document, "key")->kind == yaml_kind::text);
  RC_ASSERT(find_key(**document, "key")->text == text);
  RC_ASSERT(find_key(**document, "list")->items.at(0)->text == text);
}

TEST(yaml_text, leaves_plain_what_can_be_plain) {
  for (const auto* text : {"abc", "10s", "10GB", "192.0.2.1", "-m", "--junitxml=a.xml", "~/x",
                           "/a/b", ".venv/bin/python", "git@example.org:a/b.git"})
    EXPECT_EQ(yaml_scalar(text), text);
  for (const auto* text : {"", "12", "1.5", "on", "no", "true", "a b", "0123", "-1", "1.10", "~"})
    EXPECT_EQ(yaml_scalar(text), '"' + std::string{text} + '"');
}

TEST(yaml_text, of_a_whole_document_is_read_back) {
  const auto value = nlohmann::ordered_json::parse(
      R"({"a": {"b": [1, "2", true], "on": {}, "e": []}, "l": [{"x": 1, "y": {"z": "q"}}, 5]})");
  EXPECT_EQ(to_json(*parsed(yaml_text(value))), nlohmann::json::parse(value.dump()));
}

} // namespace
} // namespace baton
