#include "messages/json_time.hpp"

#include <array>
#include <cctype>
#include <cstdio>

namespace baton {

namespace {

/// Takes `count` digits off the front of `text`; nothing when they are not there.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count)
    return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9')
      return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || std::toupper(static_cast<unsigned char>(text.front())) != wanted)
    return false;
  text.remove_prefix(1);
  return true;
}

/// `.25` as 250 milliseconds; none is 0.
std::optional<int> fraction(std::string_view& text) {
  if (!take(text, '.'))
    return 0;
  int value = 0;
  int unit = 100;
  std::size_t seen = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    value += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
    ++seen;
  }
  if (seen == 0)
    return std::nullopt;
  return value;
}

/// `Z`, `+02:00`: what has to be taken off to get to UTC.
std::optional<std::chrono::minutes> offset(std::string_view& text) {
  if (take(text, 'Z'))
    return std::chrono::minutes{0};
  const int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
  const auto hours = digits(text, 2);
  if (sign == 0 || !hours || !take(text, ':'))
    return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59)
    return std::nullopt;
  return std::chrono::minutes{sign * (*hours * 60 + *minutes)};
}

} // namespace

std::string format_time(time_point value) {
  const auto day = std::chrono::floor<std::chrono::days>(value);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{value - day};
  std::array<char, 48> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<time_point> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 4);
  if (!y || !take(text, '-'))
    return std::nullopt;
  const auto m = digits(text, 2);
  if (!m || !take(text, '-'))
    return std::nullopt;
  const auto d = digits(text, 2);
  if (!d || !(take(text, 'T') || take(text, ' ')))
    return std::nullopt;
  const auto hour = digits(text, 2);
  if (!hour || !take(text, ':'))
    return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || !take(text, ':'))
    return std::nullopt;
  const auto second = digits(text, 2);
  const auto millisecond = fraction(text);
  const auto zone = offset(text);
  if (!second || !millisecond || !zone || !text.empty())
    return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                            day{static_cast<unsigned>(*d)}};
  // 60: a leap second, taken for the next minute's first.
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  const auto made = time_point{sys_days{date}} + hours{*hour} + minutes{*minute} + seconds{*second}
                    + milliseconds{*millisecond} - *zone;
  // The zone may have moved it to where years do not have four digits.
  const auto in = year_month_day{floor<days>(made)}.year();
  if (in < year{0} || in > year{9999})
    return std::nullopt;
  return made;
}

} // namespace baton
