#pragma once

#include "runtime/config/yaml_tree.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace baton {

/// A way from the top of a document to one of its values: keys, and `[n]` for the items of lists.
struct schema_path {
  std::vector<std::string> steps;

  /// From valijson's context: `<root>`, `[stages]`, `[vps]`.
  static schema_path from_valijson(const std::vector<std::string>& context);
};

schema_path operator+(schema_path path, std::string step);

/// Where a value stands, and the key (or item) it belongs to.
struct location {
  const yaml_node* value = nullptr; ///< null: there is no such value
  yaml_mark at;                     ///< of the key; of the value where there is no key
};

location locate(const yaml_node& root, const schema_path& path);

/// The rule for a value there, references resolved; null when the schema knows no such place.
const nlohmann::ordered_json* schema_at(const nlohmann::ordered_json& schema,
                                        const schema_path& path);

/// `stages.vps.hosts[1]`.
std::string to_text(const schema_path& path);

/// One more step on a path in that form; keys that are no plain words are quoted.
std::string join_path(const std::string& path, const std::string& key);
std::string join_path(const std::string& path, std::size_t index);

} // namespace baton
