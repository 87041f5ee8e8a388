#include "cli/view/text.hpp"

#include "runtime/log/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <clocale>
#include <cwchar>

namespace baton {

namespace {

/// The C library's widths of characters, whatever this process's own locale is.
class wide_locale {
public:
  wide_locale() : before_{::uselocale(utf8())} {}
  wide_locale(const wide_locale&) = delete;
  wide_locale& operator=(const wide_locale&) = delete;
  ~wide_locale() { ::uselocale(before_); }

  /// Columns; negative for what cannot be shown.
  static int width(char32_t c) { return ::wcwidth(static_cast<wchar_t>(c)); }

private:
  static locale_t utf8() {
    static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return made; // null, where there is none: asks no other
  }

  locale_t before_;
};

/// The code point at the front of valid UTF-8, taken off.
char32_t take(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t c = length == 1 ? lead : lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    c = c << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
  text.remove_prefix(length);
  return c;
}

/// Characters that are not seen but change what is seen beside them: joiners, directions, marks of
/// order, selectors of a form (of which terminals do not agree how wide it is), tags.
bool is_hidden(char32_t c) {
  constexpr std::pair<char32_t, char32_t> ranges[] = {
      {0xad, 0xad},     {0x61c, 0x61c},   {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},
      {0x2060, 0x206f}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

/// Takes an escape sequence off; the ESC and the `kind` behind it (or their eight-bit form) are
/// gone already. One that is not whole takes all that is left; what cannot be in one ends it.
void skip_sequence(std::string_view& text, char kind) {
  // Up to a letter from `first` on.
  const auto skip_to_final = [&](char first) {
    const auto end =
        std::find_if(text.begin(), text.end(), [first](char c) { return c < ' ' || c >= first; });
    const bool is_final = end != text.end() && *end >= first;
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()) + (is_final ? 1 : 0));
  };
  switch (kind) {
  case '[': // parameters, then a letter
    return skip_to_final('@');
  case ']': // a text, up to BEL or ESC backslash
  case 'P':
  case 'X':
  case '^':
  case '_': {
    text.remove_prefix(std::min(text.find_first_of("\a\x1b"), text.size()));
    const auto end = text.substr(0, 1) == "\a" ? 1U : text.substr(0, 2) == "\x1b\\" ? 2U : 0U;
    text.remove_prefix(end);
    return;
  }
  default:
    if (kind >= ' ' && kind < '0') // what it designates, then a letter
      skip_to_final('0');
  }
}

constexpr int marks_max = 4; // on one character

class line_of_text {
public:
  line_of_text(std::size_t columns, charset shows) : columns_{columns}, shows_{shows} {}

  /// False when the line is full.
  bool add(char32_t c, std::string_view as_it_is) {
    if (c < 0x20 || c == 0x7f)
      return c == '\t' || c == '\n' || c == '\r' ? put(" ", 1) : true;
    if (c < 0x7f)
      return put(as_it_is, 1);
    if (is_hidden(c))
      return true;
    const auto width = wide_locale::width(c);
    if (width == 0)
      return put_mark(as_it_is);
    if (shows_ == charset::ascii)
      return put("?", 1);
    // What the C library knows no width of may be wide.
    return put(as_it_is, width < 0 ? 2 : static_cast<std::size_t>(width));
  }

  std::string text;
  std::size_t used = 0;

private:
  bool put(std::string_view what, std::size_t width) {
    if (used + width > columns_)
      return false;
    marks_ = 0;
    text += what;
    used += width;
    return true;
  }

  bool put_mark(std::string_view what) {
    if (shows_ == charset::utf8 && used > 0 && marks_++ < marks_max)
      text += what;
    return true;
  }

  std::size_t columns_;
  charset shows_;
  int marks_ = 0;
};

line_of_text shown(std::string_view raw, std::size_t columns, charset shows) {
  const wide_locale widths;
  const auto whole = repair_utf8(raw);
  line_of_text line{columns, shows};
  for (std::string_view rest{whole}; !rest.empty();) {
    const auto before = rest;
    const auto c = take(rest);
    if (c == 0x1b) {
      const char kind = rest.empty() ? '\0' : rest.front();
      if (static_cast<unsigned char>(kind) < 0x80 && !rest.empty())
        rest.remove_prefix(1);
      skip_sequence(rest, kind);
    } else if (c >= 0x80 && c < 0xa0) {
      skip_sequence(rest, static_cast<char>(c - 0x40)); // CSI is ESC [, and so on
    } else if (!line.add(c, before.substr(0, before.size() - rest.size()))) {
      break;
    }
  }
  return line;
}

} // namespace

std::string printable(std::string_view text, std::size_t columns, charset shows) {
  return std::move(shown(text, columns, shows).text);
}

std::string printable_lines(std::string_view text, charset shows) {
  std::string all;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    all += printable(text.substr(0, end), std::string_view::npos, shows) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t hanging) {
  constexpr std::size_t columns_max = 80;
  const auto shown = printable(text, std::string_view::npos);
  std::string all;
  std::size_t used = 0;
  for (std::string_view rest{shown}; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (word.empty())
      continue;
    const auto columns = columns_of(word);
    if (used > 0 && used + 1 + columns <= columns_max) {
      all += ' ';
      used += 1 + columns;
    } else {
      const auto in = used > 0 ? indent + hanging : indent;
      all += (used > 0 ? "\n" : "") + std::string(in, ' ');
      used = in + columns;
    }
    all += word;
  }
  return all.empty() ? all : all + '\n';
}

std::size_t columns_of(std::string_view text) {
  return shown(text, std::string_view::npos, charset::utf8).used;
}

std::string human_duration(duration length) {
  const auto ms = std::max<std::int64_t>(length.count(), 0);
  const auto s = ms / 1000;
  if (s < 10)
    return fmt::format("{}.{}s", s, ms % 1000 / 100);
  if (s < 60)
    return fmt::format("{}s", s);
  if (s < 3600)
    return fmt::format("{}m {:02}s", s / 60, s % 60);
  return fmt::format("{}h {:02}m", s / 3600, s % 3600 / 60);
}

} // namespace baton
