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

/// The first word of a shell.
std::string shell_word(std::string_view text) {
  std::string word;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && blanks.find(c) != std::string_view::npos)
      break;
    if (c == '\\' && quote != '\'' && i + 1 < text.size())
      word += text[++i];
    else if (quote == '\0' && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = '\0';
    else
      word += c;
  }
  return word;
}

std::string with_newlines(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool newline = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n';
    made += newline ? '\n' : text[i];
    i += newline ? 1 : 0;
  }
  return made;
}

} // namespace

std::vector<std::string> readings_of(const env_entry& entry) {
  std::vector<std::string> all{entry.value};
  const auto comment = std::min(entry.value.find(" #"), entry.value.find("\t#"));
  // Without any of these a shell's first word is no more than the first of several.
  const bool is_odd = entry.written.find_first_of("\"'\\") != std::string::npos;
  for (auto other : {std::string{trimmed(std::string_view{entry.value}.substr(0, comment))},
                     is_odd ? shell_word(entry.written) : "", with_newlines(entry.value)})
    if (!other.empty() && std::ranges::find(all, other) == all.end())
      all.push_back(std::move(other));
  return all;
}

std::vector<env_entry> read_env(std::string_view text) {
  std::vector<env_entry> entries;
  while (!text.empty()) {
    const auto line = without_export(trimmed(next_line(text)));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || !is_name(line.substr(0, equals)))
      continue;
    const auto written = line.substr(equals + 1);
    entries.push_back(
        {std::string{line.substr(0, equals)}, value_of(written, text), std::string{written}});
  }
  return entries;
}

std::vector<std::string> env_names(std::string_view text) {
  std::vector<std::string> names;
  for (auto& entry : read_env(text))
    names.push_back(std::move(entry.name));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()),
              names.end()); // clang 14 reads no ranges::unique
  return names;
}

} // namespace baton
