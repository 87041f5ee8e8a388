#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// How channels want their texts. Texts are UTF-8; what is not is repaired before.

namespace baton {

/// `&`, `<` and `>` as entities: for HTML and for Slack.
std::string with_entities(std::string_view text);

/// Length as Telegram counts: in units of UTF-16.
std::size_t utf16_units(std::string_view text);

/// At most so many units of UTF-16, cut between characters; an end that was cut is `… 3 lines
/// more`.
std::string cut_to_units(std::string_view text, std::size_t units_max);

/// At most so many bytes once it is escaped.
std::string cut_to_escaped(std::string_view text, std::size_t bytes_max);

/// On one line, without control characters: what a header of a mail may hold.
std::string one_line(std::string_view text);

/// A header's value by RFC 2047: as it is where it is ASCII and fits into a line, else in words of
/// base64, each on a line of its own.
std::string encoded_header(std::string_view text);

} // namespace baton
