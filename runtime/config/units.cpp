#include "runtime/config/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace baton {

namespace {

constexpr double size_max = 1e18;

/// Takes `12` or `12.5` off the front.
std::optional<double> take_number(std::string_view& text) {
  std::size_t length = 0;
  const auto take_digits = [&] {
    const auto from = length;
    while (length < text.size() && text[length] >= '0' && text[length] <= '9')
      ++length;
    return length > from;
  };
  if (!take_digits())
    return std::nullopt;
  if (length < text.size() && text[length] == '.') {
    ++length;
    if (!take_digits())
      return std::nullopt;
  }
  double value = 0;
  if (std::from_chars(text.data(), text.data() + length, value).ec != std::errc{})
    return std::nullopt;
  text.remove_prefix(length);
  return value;
}

using named_unit = std::pair<std::string_view, std::int64_t>;

// `ms` before `m`: the first that fits is taken.
constexpr std::array<named_unit, 5> times{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

constexpr std::array<named_unit, 8> sizes{{{"TiB", std::int64_t{1} << 40},
                                           {"TB", 1'000'000'000'000},
                                           {"GiB", std::int64_t{1} << 30},
                                           {"GB", 1'000'000'000},
                                           {"MiB", std::int64_t{1} << 20},
                                           {"MB", 1'000'000},
                                           {"KiB", std::int64_t{1} << 10},
                                           {"KB", 1'000}}};

std::optional<duration> milliseconds(double value) {
  if (value < 0 || value > static_cast<double>(duration_max.count()))
    return std::nullopt;
  return duration{std::llround(value)};
}

} // namespace

std::optional<duration> parse_duration(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number)
      return std::nullopt;
    const auto unit = std::ranges::find_if(
        times, [&](const named_unit& known) { return text.starts_with(known.first); });
    if (unit == times.end())
      return std::nullopt;
    text.remove_prefix(unit->first.size());
    total += *number * static_cast<double>(unit->second);
  }
  return milliseconds(total);
}

std::optional<duration> parse_seconds(std::string_view text) {
  const auto number = take_number(text);
  return number && text.empty() ? milliseconds(*number * 1000) : std::nullopt;
}

std::string duration_text(duration value) {
  auto rest = value.count();
  std::string text;
  // Whole days are left out: 36h reads better than 1d12h.
  for (const auto& [name, length] :
       {named_unit{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}) {
    if (rest >= length)
      text += std::to_string(rest / length) + std::string{name};
    rest %= length;
  }
  return text.empty() ? "0s" : text;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number)
    return std::nullopt;
  if (text.starts_with(' '))
    text.remove_prefix(1);
  std::string unit{text};
  if (!unit.empty() && unit[0] == 'k')
    unit[0] = 'K';
  if (!unit.empty() && !unit.ends_with('B'))
    unit += 'B';
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    const auto known = std::ranges::find(sizes, unit, &named_unit::first);
    if (known == sizes.end())
      return std::nullopt;
    factor = static_cast<double>(known->second);
  }
  const auto bytes = *number * factor;
  if (bytes > size_max)
    return std::nullopt;
  return static_cast<std::int64_t>(bytes);
}

std::string size_text(std::int64_t bytes) {
  const auto unit = std::ranges::find_if(sizes, [&](const named_unit& known) {
    return bytes >= known.second && bytes % known.second == 0;
  });
  if (unit == sizes.end())
    return std::to_string(bytes);
  return std::to_string(bytes / unit->second) + std::string{unit->first};
}

} // namespace baton
