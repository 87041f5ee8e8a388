#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// One thing that is wrong with a baton.yaml.
struct config_fault {
  std::string file; ///< as the user named it
  int line = 0;     ///< 1-based; 0: the file as such
  int column = 0;   ///< 1-based, in characters
  std::string path; ///< where in the file's own words: `stages.vps.retry`; empty: the whole
  std::string what; ///< what is wrong, in words for a person
  std::string hint; ///< what to do about it; may be empty
};

/// What is said of a key that nobody knows.
inline constexpr std::string_view unknown_key = "unknown key";

/// `baton.yaml:12:5: stages.vps.retyr: unknown key; did you mean "retry"?`
std::string to_string(const config_fault& fault);

/// One line each, no line break at the end.
std::string to_string(const std::vector<config_fault>& faults);

} // namespace baton
