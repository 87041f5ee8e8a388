#include "runtime/secrets/everyday.hpp"

#include <algorithm>
#include <array>

namespace baton {

namespace {

constexpr std::array<std::string_view, 10> answers{
    "true", "false", "yes", "none", "null", "enabled", "disabled", "auto", "nil", "undefined"};

constexpr std::array<std::string_view, 26> everyday{
    "info",    "debug",      "warn",    "warning",     "error",    "critical", "verbose",
    "trace",   "production", "staging", "development", "testing",  "default",  "localhost",
    "0.0.0.0", "127.0.0.1",  "http",    "https",       "postgres", "root",     "admin",
    "main",    "test",       "prod",    "always",      "never"};

constexpr std::size_t port_digits_max = 5;

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::ranges::any_of(words, [&](std::string_view one) { return same_letters(one, text); });
}

} // namespace

bool is_answer(std::string_view value) {
  return is_one_of(answers, value);
}

bool is_everyday(std::string_view value) {
  const bool number =
      std::ranges::all_of(value, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return (number && value.size() <= port_digits_max) || is_answer(value)
         || is_one_of(everyday, value);
}

} // namespace baton
