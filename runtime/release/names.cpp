#include "runtime/release/names.hpp"

#include "runtime/ascii.hpp"
#include "runtime/http/url.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace baton::release {

namespace {

bool is_alnum(char c) {
  return is_digit(c) || is_lower(c) || is_upper(c);
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr std::string_view hex = "0123456789abcdef";
constexpr std::size_t ref_max = 250;

} // namespace

std::string path_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    // git allows neither `..` nor a leading or last dot, nor `.lock`: so only a lone one stays.
    const bool plain =
        is_alnum(c) || c == '-' || c == '_' || (c == '.' && !name.empty() && name.back() != '.');
    if (plain) {
      name += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    name += '%';
    name += hex[byte >> 4U];
    name += hex[byte & 15U];
  }
  if (name.ends_with('.') || name.ends_with(".lock")) {
    const auto dot = name.rfind('.');
    name.replace(dot, 1, "%2e");
  }
  return name.empty() ? "%" : name;
}

std::string image_name(std::string_view text) {
  std::string name;
  for (char c : text) {
    if (is_upper(c))
      c = static_cast<char>(c - 'A' + 'a');
    const bool separator = !is_lower(c) && !is_digit(c);
    if (separator && (name.empty() || !is_alnum(name.back())))
      continue;
    name += !separator || c == '_' || c == '.' ? c : '-';
  }
  while (!name.empty() && !is_alnum(name.back()))
    name.pop_back();
  return name.empty() ? "x" : name;
}

std::optional<std::string> bad_ref(std::string_view ref) {
  if (ref.empty())
    return "it is empty";
  if (ref.size() > ref_max)
    return "it is too long";
  if (ref.front() == '-')
    return "it begins with `-`";
  constexpr std::string_view gits = " ~^:?*[\\\t\n\r";
  constexpr std::string_view shells = "\"'`$&|;<>(){}]!";
  for (const char c : ref)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || gits.find(c) != gits.npos)
      return "it holds characters that no ref may have";
  if (ref.find_first_of(shells) != ref.npos)
    return "it holds characters that mean something to a shell; say the id of its commit";
  if (ref == "@" || ref.find("@{") != ref.npos || ref.find("..") != ref.npos
      || ref.find("//") != ref.npos || ref.find("/.") != ref.npos || ref.front() == '.'
      || ref.front() == '/' || ref.back() == '/' || ref.back() == '.' || ref.ends_with(".lock")
      || ref.find(".lock/") != ref.npos)
    return "it is no valid name of a ref";
  return std::nullopt;
}

bool looks_like_commit(std::string_view ref) {
  const bool length = (ref.size() >= 4 && ref.size() <= 40) || ref.size() == 64;
  return length && std::all_of(ref.begin(), ref.end(), is_hex);
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64)
         && std::all_of(text.begin(), text.end(), [](char c) { return is_hex(c) && !is_upper(c); });
}

std::string cache_name(const std::string& written) {
  const auto url = split_login(written).bare;
  std::uint64_t sum = 0xcbf29ce484222325U; // FNV-1a
  for (const char c : url)
    sum = (sum ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  std::string name;
  auto last = std::string_view{url}.substr(0, url.find_last_not_of('/') + 1);
  if (last.ends_with(".git"))
    last.remove_suffix(4);
  last.remove_prefix(last.find_last_of("/:") + 1); // npos + 1 is 0
  for (const char c : last.substr(0, 40))
    name += is_alnum(c) ? c : '-';
  name += '-';
  for (int shift = 60; shift >= 0; shift -= 4)
    name += hex[(sum >> static_cast<unsigned>(shift)) & 15U];
  return name + ".git";
}

std::string unit_path(const plan& of, const unit& which) {
  return path_name(of.fleet.name) + '/' + path_name(which.host) + '/' + path_name(which.stack);
}

bool is_variable_name(std::string_view text) {
  return !text.empty() && !is_digit(text.front())
         && std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '_'; });
}

} // namespace baton::release
