#pragma once

/// Kinds of characters, whatever the locale.

namespace baton {

constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

constexpr bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

} // namespace baton
