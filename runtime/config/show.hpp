#pragma once

#include "messages/fleet.hpp"
#include "runtime/config/yaml_tree.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace baton {

/// A fleet in the words of baton.yaml, every default written out, each stage with its own stacks.
/// Secrets are the caller's to take out before (log/redact_record.hpp).
nlohmann::ordered_json resolved_config(const fleet& of);

/// Where a value of `resolved_config` comes from: `baton.yaml:12`, `default`, `default of the role
/// public`, `git remote origin`. The path has keys, and indexes as digits.
std::string origin_of(const fleet& of, const yaml_node& document, const std::string& file,
                      const std::vector<std::string>& path);

} // namespace baton
