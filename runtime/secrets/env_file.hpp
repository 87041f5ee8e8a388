#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

struct env_entry {
  std::string name;
  std::string value;   ///< without its quotes; may hold newlines when it was quoted
  std::string written; ///< all that stands behind `=` in its first line
};

/// The `NAME=value` and `export NAME=value` of an env file, in its order. A value that begins with
/// a quote goes on to the next such quote, over lines. Everything else is passed over. The same
/// reading as env_keys in secrets_digest.sh.
std::vector<env_entry> read_env(std::string_view text);

/// What may be meant by such a value: programs differ in what a backslash, a quote amid the value
/// and ` #` are to them. The value as read comes first.
std::vector<std::string> readings_of(const env_entry& entry);

/// The names alone, sorted, each once.
std::vector<std::string> env_names(std::string_view text);

} // namespace baton
