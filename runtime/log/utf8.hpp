#pragma once

#include <string>
#include <string_view>

namespace baton {

/// The text with every byte that is no part of valid UTF-8 replaced by U+FFFD.
std::string repair_utf8(std::string_view text);

/// Valid UTF-8 that moves no cursor and colours nothing: control characters other than newline and
/// tab are shown as `\x1b`, those that end lines or turn the direction of writing as `\u202e`. For
/// what others wrote and a terminal is to show.
std::string printable(std::string_view text);

} // namespace baton
