#pragma once

#include "runtime/config/config_fault.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

/// The guard between a text that anybody may have written and everything that reads it: what comes
/// out is one small tree without duplicate keys, whose scalars have their type for good.

namespace baton {

struct yaml_mark {
  int line = 0; ///< 1-based
  int column = 0;
};

/// The type of a plain scalar is what JSON would read: `true`, `12`, `1.5`, `null` (also `~` and
/// nothing at all); everything else is text: quoted ones, and `no`, `on`, `0123`, `1.2.3`, `1e3`.
enum class yaml_kind : std::uint8_t { null, boolean, integer, real, text, list, mapping };

struct yaml_node;

struct yaml_entry {
  std::string key;
  yaml_mark at; ///< of the key
  std::shared_ptr<const yaml_node> value;
};

/// Immutable once parsed; an alias shares the node of its anchor.
struct yaml_node {
  yaml_kind kind = yaml_kind::null;
  yaml_mark at;
  std::string text; ///< of a scalar, as written
  std::vector<std::shared_ptr<const yaml_node>> items;
  std::vector<yaml_entry> entries; ///< in the file's order
  std::size_t size = 1;            ///< nodes in it, aliases counted as often as they are used
  std::size_t depth = 1;           ///< levels in it
};

struct yaml_limits {
  std::size_t bytes = 1u << 20;
  std::size_t nodes = 10'000;
  std::size_t depth = 64;
  std::size_t scalar = 4096; ///< bytes of one scalar
  /// Whether duplicate keys, `<<` and tags are refused; else the first key counts, `<<` is a key
  /// like others, tags say nothing: for files that are not ours.
  bool strict = true;
};

/// Parses one document whose top is a mapping. `file` is only for the faults' sake. Faults: of
/// syntax, size, encoding: one; of duplicate keys: all. Never throws, bounded in time and memory.
tl::expected<std::shared_ptr<const yaml_node>, std::vector<config_fault>>
parse_yaml(std::string_view text, const std::string& file, const yaml_limits& limits = {});

/// The value of a key; null when there is none.
const yaml_node* find_key(const yaml_node& in, std::string_view key);

/// As JSON, for a schema.
nlohmann::json to_json(const yaml_node& node);

/// `a mapping`, `a list`, `text`, `a number`, `true or false`, `nothing`.
std::string_view describe(yaml_kind kind) noexcept;

} // namespace baton
