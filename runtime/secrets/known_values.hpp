#pragma once

#include "messages/fleet.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// What must never be seen anywhere, as far as the controller can know it.
struct known_values {
  std::vector<std::string> values; ///< each once; longest first
  std::vector<std::string>
      unread; ///< files that are named but could not be read here, each with why
};

/// Reads the files under `places.from`. Of an env file the values of 4 bytes and more (words such
/// as `true` and `info` left out, as they would be missed everywhere else), of any other file its
/// lines. A value of several lines counts as a whole and line by line.
known_values values_of_secrets(const secrets_policy& policy);

/// The same of one file's content.
std::vector<std::string> secret_values_in(std::string_view content);

} // namespace baton
