#include "runtime/steps/step_name.hpp"

#include <cstddef>

namespace baton {

namespace {

constexpr std::size_t name_bytes_max = 240; // a file's name may have 255, and gets a prefix

bool stands_for_itself(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
         || c == '_' || c == '-';
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

void append_percent(std::string& to, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  to += '%';
  to += digits[byte >> 4U];
  to += digits[byte & 15U];
}

void append_word(std::string& to, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    // A leading dot would hide the folder from the target's own globs.
    if (stands_for_itself(text[i]) && !(text[i] == '.' && i == 0))
      to += text[i];
    else
      append_percent(to, text[i]);
  }
}

std::string unescape_percent(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        plain += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    plain += text[i];
  }
  return plain;
}

} // namespace

std::string encode_word(std::string_view text) {
  if (text.empty())
    return "%";
  std::string word;
  word.reserve(text.size());
  append_word(word, text);
  return word;
}

std::string decode_word(std::string_view word) {
  if (word == "%")
    return {};
  return unescape_percent(word);
}

std::optional<step_name> name_step(std::string_view id) {
  if (id.empty() || id.front() == '/' || id.back() == '/')
    return std::nullopt;
  const auto slash = id.find('/');
  step_name name{encode_word(id.substr(0, slash)), {}};
  if (slash == std::string_view::npos) {
    name.step = "+";
  } else {
    auto rest = id.substr(slash + 1);
    name.step.reserve(rest.size());
    for (;;) {
      const auto next = rest.find('/');
      append_word(name.step, rest.substr(0, next));
      if (next == std::string_view::npos)
        break;
      name.step += '+';
      rest.remove_prefix(next + 1);
    }
  }
  if (name.step.front() == '+' && slash != std::string_view::npos)
    return std::nullopt; // `a//b`
  if (name.run.size() + name.step.size() > name_bytes_max)
    return std::nullopt;
  return name;
}

std::string step_id(const step_name& name) {
  auto id = decode_word(name.run);
  if (name.step == "+")
    return id;
  id += '/';
  for (std::string_view rest = name.step; !rest.empty();) {
    const auto next = rest.find('+');
    id += decode_word(rest.substr(0, next));
    if (next == std::string_view::npos)
      break;
    id += '/';
    rest.remove_prefix(next + 1);
  }
  return id;
}

} // namespace baton
