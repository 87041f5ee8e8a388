#include "runtime/secrets/env_file.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

std::string_view without_export(std::string_view line) {
  constexpr std::string_view word = "export";
  const bool exported = line.starts_with(word) && line.size() > word.size()
                        && blanks.find(line[word.size()]) != std::string_view::npos;
  return exported ? trimmed(line.substr(word.size())) : line;
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !text.empty() && letter(text.front())
         && std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string_view next_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

/// The value that begins so; goes on into `rest` when its quote is still open.
std::string value_of(std::string_view begun, std::string_view& rest) {
  const auto whole = trimmed(begun);
  if (whole.empty() || (whole.front() != '"' && whole.front() != '\''))
    return std::string{whole};
  const char quote = whole.front();
  if (const auto end = whole.find(quote, 1); end != std::string_view::npos)
    return std::string{whole.substr(1, end - 1)};
  std::string value{begun.substr(begun.find(quote) + 1)};
  while (!rest.empty()) {
    const auto line = next_line(rest);
    const auto end = line.find(quote);
    (value += '\n') += line.substr(0, end);
    if (end != std::string_view::npos)
      break;
  }
  return value;
}

} // namespace

std::vector<env_entry> read_env(std::string_view text) {
  std::vector<env_entry> entries;
  while (!text.empty()) {
    const auto line = without_export(trimmed(next_line(text)));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || !is_name(line.substr(0, equals)))
      continue;
    entries.push_back(
        {std::string{line.substr(0, equals)}, value_of(line.substr(equals + 1), text)});
  }
  return entries;
}

std::vector<std::string> env_names(std::string_view text) {
  std::vector<std::string> names;
  for (auto& entry : read_env(text))
    names.push_back(std::move(entry.name));
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

} // namespace baton
