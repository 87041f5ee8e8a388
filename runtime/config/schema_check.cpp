#include "runtime/config/schema_check.hpp"

#include "runtime/config/near_name.hpp"
#include "runtime/config/schema_path.hpp"

#include "embedded/config_schema.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <cctype>
#include <exception>
#include <set>

namespace baton {

namespace {

using schema_node = nlohmann::ordered_json;
using adapter = valijson::adapters::NlohmannJsonAdapter;

/// Our readers check names and patterns: valijson refuses names without saying so, and matches
/// patterns with std::regex, which recurses once a character.
nlohmann::json without_patterns(nlohmann::json node) {
  if (node.is_object()) {
    node.erase("pattern");
    node.erase("propertyNames");
    for (auto& member : node)
      member = without_patterns(std::move(member));
  } else if (node.is_array()) {
    for (auto& item : node)
      item = without_patterns(std::move(item));
  }
  return node;
}

const valijson::Schema& compiled() {
  static const valijson::Schema& schema = []() -> const valijson::Schema& {
    static valijson::Schema made;
    static const auto source = without_patterns(nlohmann::json::parse(config_schema_text()));
    valijson::SchemaParser parser;
    parser.populateSchema(adapter{source}, made);
    return made;
  }();
  return schema;
}

/// Errors that only say that a part of the value is wrong, which has an error of its own.
bool speaks_of_a_part(std::string_view description) {
  return description.starts_with("Failed to validate against additional properties schema")
         || description.starts_with("Failed to validate item #")
         || description.starts_with("Failed to validate against schema associated with");
}

std::vector<std::string> keys_of(const schema_node& node) {
  std::vector<std::string> keys;
  if (node.contains("properties"))
    for (const auto& [key, value] : node["properties"].items())
      keys.push_back(key);
  return keys;
}

bool fits_type(yaml_kind kind, std::string_view type) {
  switch (kind) {
  case yaml_kind::null:
    return type == "null";
  case yaml_kind::boolean:
    return type == "boolean";
  case yaml_kind::integer:
    return type == "integer" || type == "number";
  case yaml_kind::real:
    return type == "number";
  case yaml_kind::text:
    return type == "string";
  case yaml_kind::list:
    return type == "array";
  case yaml_kind::mapping:
    return type == "object";
  }
  return false;
}

std::vector<std::string> types_of(const schema_node& node) {
  if (!node.contains("type"))
    return {};
  if (node["type"].is_string())
    return {node["type"].get<std::string>()};
  return node["type"].get<std::vector<std::string>>();
}

std::string wanted(const schema_node& node) {
  if (node.contains("errorMessage"))
    return node["errorMessage"].get<std::string>();
  std::string text;
  for (const auto& type : types_of(node)) {
    text += text.empty() ? "" : " or ";
    text += type == "object"    ? "a mapping"
            : type == "array"   ? "a list"
            : type == "boolean" ? "true or false"
            : type == "integer" ? "a whole number"
            : type == "number"  ? "a number"
            : type == "string"  ? "text"
                                : "nothing";
  }
  return text.empty() ? "something else is wanted" : text + " is wanted";
}

/// What was written, short enough to repeat.
std::string shown(const yaml_node& value) {
  constexpr std::size_t length_max = 40;
  if (value.kind == yaml_kind::list || value.kind == yaml_kind::mapping
      || value.kind == yaml_kind::null)
    return std::string{describe(value.kind)};
  if (value.kind != yaml_kind::text)
    return value.text;
  // More than a line's worth may be anything, also a secret in the wrong place.
  return value.text.size() > length_max ? "such a long text" : '"' + value.text + '"';
}

std::string hint_for_type(const yaml_node& value, const std::vector<std::string>& types) {
  const auto wants = [&](std::string_view type) { return std::ranges::count(types, type) > 0; };
  const bool is_scalar = value.kind == yaml_kind::integer || value.kind == yaml_kind::real
                         || value.kind == yaml_kind::boolean;
  if (is_scalar && wants("string"))
    return "put it in quotes";
  if (value.kind == yaml_kind::text && wants("boolean"))
    return "write true or false, without quotes";
  const bool numeric = !value.text.empty() && std::ranges::all_of(value.text, [](char c) {
    return c >= '0' && c <= '9';
  });
  if (value.kind == yaml_kind::text && numeric && (wants("integer") || wants("number")))
    return "write it without quotes or leading zeros";
  return {};
}

std::string list_of(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words)
    list += (list.empty() ? "" : ", ") + word;
  return list;
}

/// What a key is for, as the end of a sentence.
std::string purpose(const schema_node& property) {
  if (property.contains("enum"))
    return "one of " + list_of(property["enum"].get<std::vector<std::string>>()) + " is wanted";
  auto said = property.value("description", std::string{});
  said = said.substr(0, said.find('.'));
  if (said.size() > 1 && std::islower(static_cast<unsigned char>(said[1])))
    said[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(said[0])));
  return said;
}

class translator {
public:
  translator(const yaml_node& root, const std::string& file) : root_{root}, file_{file} {}

  void take(const schema_path& path, const std::string& description) {
    const auto* rule = schema_at(config_schema(), path);
    const auto here = locate(root_, path);
    if (!rule || !here.value || speaks_of_a_part(description))
      return;
    if (description.starts_with("Object contains a property"))
      unknown_keys(path, *rule, *here.value);
    else if (description.starts_with("Missing required property '"))
      missing_key(path, *rule, here, description);
    else
      wrong_value(path, *rule, here);
  }

  std::vector<config_fault> result() {
    drop_missing_that_are_misspelt();
    return std::move(faults_);
  }

private:
  void add(const schema_path& path, yaml_mark at, std::string what, std::string hint) {
    if (seen_.insert(to_text(path)).second)
      faults_.push_back(
          {file_, at.line, at.column, to_text(path), std::move(what), std::move(hint)});
  }

  void unknown_keys(const schema_path& path, const schema_node& rule, const yaml_node& value) {
    const auto known = keys_of(rule);
    for (const auto& [key, at, child] : value.entries) {
      if (std::ranges::count(known, key) > 0)
        continue;
      if (const auto near = near_name(key, known))
        misspelt_.insert(to_text(path + *near));
      add(path + key, at, std::string{unknown_key}, suggest(key, known));
    }
  }

  void missing_key(const schema_path& path, const schema_node& rule, const location& here,
                   const std::string& description) {
    const auto from = description.find('\'') + 1;
    const auto key = description.substr(from, description.rfind('\'') - from);
    const auto& property = rule["properties"][key];
    missing_.insert(to_text(path + key));
    add(path + key, here.at, "missing", purpose(property));
  }

  void wrong_value(const schema_path& path, const schema_node& rule, const location& here) {
    const auto& value = *here.value;
    const auto types = types_of(rule);
    const auto at = value.kind == yaml_kind::null ? here.at : value.at;
    const bool fits = types.empty() || std::ranges::any_of(types, [&](const std::string& type) {
                        return fits_type(value.kind, type);
                      });
    if (!fits)
      return add(path, at, wanted(rule) + ", not " + shown(value), hint_for_type(value, types));
    if (rule.contains("enum")) {
      const auto known = rule["enum"].get<std::vector<std::string>>();
      const auto near = value.kind == yaml_kind::text ? near_name(value.text, known) : std::nullopt;
      return add(path, at, "one of " + list_of(known) + " is wanted, not " + shown(value),
                 near ? "did you mean \"" + *near + "\"?" : "");
    }
    add(path, at, wanted(rule) + ", not " + shown_or_empty(value), "");
  }

  static std::string shown_or_empty(const yaml_node& value) {
    if (value.kind == yaml_kind::list && value.items.empty())
      return "an empty list";
    if (value.kind == yaml_kind::mapping && value.entries.empty())
      return "an empty mapping";
    return shown(value);
  }

  /// `hosst:` is one mistake, not an unknown key and a missing one.
  void drop_missing_that_are_misspelt() {
    std::erase_if(faults_, [&](const config_fault& fault) {
      return missing_.contains(fault.path) && misspelt_.contains(fault.path);
    });
  }

  const yaml_node& root_;
  const std::string& file_;
  std::vector<config_fault> faults_;
  std::set<std::string> seen_;
  std::set<std::string> missing_;
  std::set<std::string> misspelt_;
};

} // namespace

std::string_view config_schema_text() {
  return embedded::baton_schema_json;
}

const nlohmann::ordered_json& config_schema() {
  static const auto schema = nlohmann::ordered_json::parse(config_schema_text());
  return schema;
}

std::vector<config_fault> check_schema(const yaml_node& root, const std::string& file) {
  try {
    const auto document = to_json(root);
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(compiled(), adapter{document}, &results))
      return {};
    translator words{root, file};
    valijson::ValidationResults::Error error;
    std::string first;
    while (results.popError(error)) {
      if (first.empty())
        first = error.description;
      words.take(schema_path::from_valijson(error.context), error.description);
    }
    auto faults = words.result();
    if (faults.empty())
      faults.push_back({file, 0, 0, "", "does not fit the schema: " + first, ""});
    return faults;
  } catch (const std::exception& error) {
    return {{file, 0, 0, "", std::string{"cannot be checked: "} + error.what(), ""}};
  }
}

} // namespace baton
