#pragma once

#include "runtime/config/load.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace baton::config_tests {

inline constexpr const char* origin_url = "git@example.org:owner/homelab.git";

/// No test asks the git work tree it happens to be built in.
inline load_options with_origin() {
  return {[](const std::string&) { return std::optional<std::string>{origin_url}; }, nullptr};
}

inline tl::expected<fleet, std::vector<config_fault>> load(std::string_view text) {
  return load_fleet_text(text, "/srv/fleet/baton.yaml", with_origin());
}

/// A file of the repository.
inline std::string read_source(const std::string& path) {
  std::ifstream in{std::string{BATON_SOURCE_DIR} + '/' + path, std::ios::binary};
  if (!in)
    ADD_FAILURE() << path << " cannot be read";
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The fleet of a text that must be right.
inline fleet good(std::string_view text) {
  auto loaded = load(text);
  if (!loaded) {
    ADD_FAILURE() << to_string(loaded.error());
    return {};
  }
  return std::move(*loaded);
}

/// The faults of a text that must be wrong.
inline std::vector<config_fault> bad(std::string_view text) {
  auto loaded = load(text);
  if (loaded) {
    ADD_FAILURE() << "was taken for good:\n" << text;
    return {};
  }
  return std::move(loaded.error());
}

} // namespace baton::config_tests
