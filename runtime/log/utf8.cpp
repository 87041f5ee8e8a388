#include "runtime/log/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace baton {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Length of the valid sequence at the front; 0: there is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = byte_at(text, 0);
  if (lead < 0x80)
    return 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length)
    return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte_at(text, i) & 0xc0) != 0x80)
      return 0;
  // Overlong forms, surrogates, and what is beyond Unicode show in the second byte.
  const auto second = byte_at(text, 1);
  const bool bad = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)
                   || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
  return bad ? 0 : length;
}

/// Calls `take` with each valid sequence, and with an empty one for each byte that is in none.
template <class Take>
void each_sequence(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    take(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void append_escaped(std::string& to, unsigned value) {
  constexpr std::string_view digits = "0123456789abcdef";
  to += "\\x";
  to += digits[value >> 4 & 15];
  to += digits[value & 15];
}

/// In UTF-8: marks, embeddings, overrides and isolates of a direction; separators of lines and
/// paragraphs. Unicode Standard Annex 9, and Trojan Source (CVE-2021-42574).
constexpr std::pair<std::string_view, std::string_view> turning[] = {
    {"\xd8\x9c", "\\u061c"},     {"\xe2\x80\x8e", "\\u200e"}, {"\xe2\x80\x8f", "\\u200f"},
    {"\xe2\x80\xa8", "\\u2028"}, {"\xe2\x80\xa9", "\\u2029"}, {"\xe2\x80\xaa", "\\u202a"},
    {"\xe2\x80\xab", "\\u202b"}, {"\xe2\x80\xac", "\\u202c"}, {"\xe2\x80\xad", "\\u202d"},
    {"\xe2\x80\xae", "\\u202e"}, {"\xe2\x81\xa6", "\\u2066"}, {"\xe2\x81\xa7", "\\u2067"},
    {"\xe2\x81\xa8", "\\u2068"}, {"\xe2\x81\xa9", "\\u2069"}};

/// What is shown in place of a character that turns what stands beside it; empty: it does not.
std::string_view shown_turning(std::string_view one) {
  for (const auto& [bytes, shown] : turning)
    if (one == bytes)
      return shown;
  return {};
}

} // namespace

std::string repair_utf8(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; }))
    return std::string{text}; // nearly all
  std::string made;
  made.reserve(text.size());
  each_sequence(text, [&](std::string_view one) { made += one.empty() ? replacement : one; });
  return made;
}

std::string printable(std::string_view text) {
  std::string made;
  made.reserve(text.size());
  each_sequence(text, [&](std::string_view one) {
    if (one.empty()) {
      made += replacement;
      return;
    }
    const auto lead = byte_at(one, 0);
    const bool c0 =
        one.size() == 1 && (lead < 0x20 || lead == 0x7f) && lead != '\n' && lead != '\t';
    const bool c1 = one.size() == 2 && lead == 0xc2 && byte_at(one, 1) < 0xa0;
    if (c0 || c1)
      append_escaped(made, c0 ? lead : byte_at(one, 1));
    else if (const auto shown = one.size() > 1 ? shown_turning(one) : ""; !shown.empty())
      made += shown;
    else
      made += one;
  });
  return made;
}

} // namespace baton
