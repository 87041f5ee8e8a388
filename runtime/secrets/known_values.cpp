#include "runtime/secrets/known_values.hpp"

#include "runtime/secrets/env_file.hpp"
#include "runtime/secrets/secret_file.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace baton {

namespace {

constexpr std::size_t shortest_value = 4;
constexpr std::size_t shortest_line = 8; // of a key, or of a value of several lines

/// Values everybody uses; nobody could read a log without these words.
constexpr std::array<std::string_view, 16> everyday{
    "true",  "false",   "none",  "null",       "info",    "debug",       "warn",      "warning",
    "error", "verbose", "trace", "production", "staging", "development", "localhost", "127.0.0.1"};

void add_lines(std::string_view text, std::set<std::string>& values) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.size() >= shortest_line && !line.starts_with("-----") && !line.starts_with('#'))
      values.emplace(line);
  }
}

std::vector<std::string> longest_first(const std::set<std::string>& values) {
  std::vector<std::string> list(values.begin(), values.end());
  std::ranges::stable_sort(list, std::ranges::greater{}, &std::string::size);
  return list;
}

void add_values(std::string_view content, std::set<std::string>& values) {
  const auto entries = read_env(content);
  for (const auto& entry : entries) {
    if (entry.value.size() >= shortest_value
        && std::ranges::find(everyday, entry.value) == everyday.end())
      values.insert(entry.value);
    if (entry.value.find('\n') != std::string::npos)
      add_lines(entry.value, values);
  }
  if (entries.empty())
    add_lines(content, values);
}

} // namespace

std::vector<std::string> secret_values_in(std::string_view content) {
  std::set<std::string> values;
  add_values(content, values);
  return longest_first(values);
}

known_values values_of_secrets(const secrets_policy& policy) {
  known_values known;
  std::set<std::string> values;
  std::set<std::string> seen;
  for (const auto& place : policy.places) {
    if (!seen.insert(place.from).second)
      continue;
    if (auto file = read_secret_file(place.from))
      add_values(file->content, values);
    else
      known.unread.push_back(file.error().what);
  }
  known.values = longest_first(values);
  return known;
}

} // namespace baton
