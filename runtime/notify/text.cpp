#include "runtime/notify/text.hpp"

#include "runtime/log/utf8.hpp"
#include "runtime/ssh/encoding.hpp"

#include <algorithm>

namespace baton {

namespace {

/// Bytes of the character that begins here.
std::size_t length_at(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xc0) == 0x80)
    ++size;
  return size;
}

/// Those of four bytes are two units of UTF-16.
std::size_t units_of(std::size_t bytes) {
  return bytes >= 4 ? 2 : 1;
}

std::size_t lines_in(std::string_view text) {
  const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return ends + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

/// As many characters as fit, by what each costs; the cut is told at the end.
template <class Cost>
std::string cut(std::string_view text, std::size_t most, Cost cost) {
  constexpr std::size_t mark_max = 40; // what the words below may cost
  const auto room = most > mark_max ? most - mark_max : 0;
  std::size_t used = 0;
  std::size_t fits = 0; // up to here the mark fits behind it
  for (std::size_t at = 0; at < text.size();) {
    const auto size = length_at(text, at);
    used += cost(text.substr(at, size));
    if (used > most) {
      const auto rest = lines_in(text.substr(fits));
      return std::string{text.substr(0, fits)} + "… " + std::to_string(rest)
             + (rest == 1 ? " line more\n" : " lines more\n");
    }
    at += size;
    if (used <= room)
      fits = at;
  }
  return std::string{text};
}

} // namespace

std::string with_entities(std::string_view text) {
  std::string made;
  for (const char c : text)
    if (c == '&')
      made += "&amp;";
    else if (c == '<')
      made += "&lt;";
    else if (c == '>')
      made += "&gt;";
    else
      made += c;
  return made;
}

std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto size = length_at(text, at);
    units += units_of(size);
    at += size;
  }
  return units;
}

std::string cut_to_units(std::string_view text, std::size_t units_max) {
  return cut(text, units_max, [](std::string_view one) { return units_of(one.size()); });
}

std::string cut_to_escaped(std::string_view text, std::size_t bytes_max) {
  return cut(text, bytes_max, [](std::string_view one) { return with_entities(one).size(); });
}

std::string one_line(std::string_view text) {
  std::string made;
  for (const char c : repair_utf8(text))
    made += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return made.substr(0, made.find_last_not_of(' ') + 1);
}

std::string encoded_header(std::string_view value) {
  auto text = one_line(value);
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  constexpr std::size_t line_max = 900; // of 998, by RFC 5322; words can be parted, a line cannot
  if (plain && text.size() <= line_max && text.find("=?") == std::string::npos)
    return text;
  constexpr std::size_t word_max = 42; // as base64 in its frame: at most 75
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = 0;
    while (at + size < text.size() && size + length_at(text, at + size) <= word_max)
      size += length_at(text, at + size);
    made += (made.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?")
            + ssh::to_base64(text.substr(at, size)) + "?=";
    at += size;
  }
  return made;
}

} // namespace baton
