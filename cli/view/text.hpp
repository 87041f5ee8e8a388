#pragma once

#include "messages/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// Words for a terminal.

namespace baton {

/// What the locale of a terminal can show.
enum class charset { utf8, ascii };

/// `text`, of whomever, as one line: without what moves a cursor, colours, turns the direction or
/// is not seen at all, cut to `columns` columns as a terminal counts them. What is no UTF-8 becomes
/// U+FFFD; in ASCII whatever is beyond it becomes `?`.
std::string printable(std::string_view text, std::size_t columns, charset shows = charset::utf8);

/// The same for text of several lines, of which none is cut; each is ended.
std::string printable_lines(std::string_view text, charset shows = charset::utf8);

/// Printable text in lines of at most 80 columns, broken at spaces; each is indented so far, those
/// behind the first by `hanging` more, and ended. A word that is longer has a line of its own.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t hanging = 0);

/// The columns that printable text takes.
std::size_t columns_of(std::string_view text);

/// `0.8s`, `42s`, `3m 07s`, `1h 02m`.
std::string human_duration(duration length);

} // namespace baton
