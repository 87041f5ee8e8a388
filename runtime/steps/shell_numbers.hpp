#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace baton {

/// The whole text as a decimal number; empty when it is none, or too large.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc{} || stop != end || text.empty())
    return std::nullopt;
  return value;
}

} // namespace baton
