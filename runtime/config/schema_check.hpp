#pragma once

#include "runtime/config/config_fault.hpp"
#include "runtime/config/yaml_tree.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// The text of schema/baton.schema.json, as published.
std::string_view config_schema_text();

/// The same, parsed; keeps the file's order of keys.
const nlohmann::ordered_json& config_schema();

/// The schema node itself, or what its `$ref` stands for.
const nlohmann::ordered_json& resolve_schema(const nlohmann::ordered_json& node);

/// Everything in which a document differs from the schema, in words for a person, one fault a
/// path. Patterns are left to the readers of the values (runtime/config/units.hpp and others).
std::vector<config_fault> check_schema(const yaml_node& root, const std::string& file);

} // namespace baton
