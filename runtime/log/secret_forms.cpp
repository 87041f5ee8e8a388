#include "runtime/log/secret_forms.hpp"

#include "messages/json.hpp"

#include <algorithm>

namespace baton {

namespace {

/// A line of a longer secret is one by itself when it is that long: `{` or `-----` is not.
constexpr std::size_t line_bytes_min = 12;

constexpr std::string_view standard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view for_urls =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The base64 of `bytes` behind `before` unknown ones, without the characters that depend on
/// neighbours.
std::string base64_core(std::string_view bytes, std::size_t before, std::string_view alphabet) {
  const std::string padded = std::string(before, '\0') + std::string{bytes};
  const std::size_t begin = (before * 8 + 5) / 6;
  const std::size_t end = padded.size() * 8 / 6;
  std::string made;
  for (std::size_t i = begin; i < end; ++i) {
    unsigned value = 0;
    for (std::size_t bit = i * 6; bit < i * 6 + 6; ++bit) {
      const unsigned byte = static_cast<unsigned char>(padded[bit / 8]);
      value = value << 1 | (byte >> (7 - bit % 8) & 1U);
    }
    made += alphabet[value];
  }
  return made;
}

std::string hexadecimal(std::string_view text, std::string_view digits) {
  std::string made;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    made += digits[byte >> 4];
    made += digits[byte & 15];
  }
  return made;
}

std::string url_encoded(std::string_view text, std::string_view hex, bool as_form) {
  std::string made;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z')
                       || (byte >= 'a' && byte <= 'z') || c == '-' || c == '.' || c == '_'
                       || (as_form ? c == '*' : c == '~');
    if (plain) {
      made += c;
    } else if (as_form && c == ' ') {
      made += '+';
    } else {
      made += '%';
      made += hex[byte >> 4];
      made += hex[byte & 15];
    }
  }
  return made;
}

/// Without the quotes around it.
std::string json_escaped(std::string_view text, bool ascii) {
  const auto quoted = json(std::string{text}).dump(-1, ' ', ascii, json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

struct escape {
  char what;
  std::string_view by;
};

template <std::size_t N>
std::string escaped(std::string_view text, const escape (&escapes)[N]) {
  std::string made;
  for (const char c : text) {
    const auto* found = std::ranges::find(escapes, c, [](const escape& one) { return one.what; });
    if (found != std::end(escapes))
      made += found->by;
    else
      made += c;
  }
  return made;
}

/// Each of the characters gets a backslash.
std::string backslashed(std::string_view text, std::string_view characters) {
  std::string made;
  for (const char c : text) {
    if (characters.find(c) != std::string_view::npos)
      made += '\\';
    made += c;
  }
  return made;
}

void add_forms(std::string_view secret, std::vector<std::string>& to) {
  constexpr std::string_view upper = "0123456789ABCDEF";
  constexpr std::string_view lower = "0123456789abcdef";
  to.emplace_back(secret);
  for (const auto alphabet : {standard, for_urls})
    for (std::size_t before = 0; before < 3; ++before)
      to.push_back(base64_core(secret, before, alphabet));
  for (const auto digits : {upper, lower}) {
    to.push_back(hexadecimal(secret, digits));
    for (const bool as_form : {false, true})
      to.push_back(url_encoded(secret, digits, as_form));
  }
  for (const bool ascii : {false, true}) {
    const auto json_text = json_escaped(secret, ascii);
    to.push_back(json_text);
    to.push_back(escaped(json_text, {{'/', "\\/"}}));
    // Go's encoder: docker inspect, kubectl.
    to.push_back(escaped(json_text, {{'&', "\\u0026"}, {'<', "\\u003c"}, {'>', "\\u003e"}}));
  }
  to.push_back(escaped(secret, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}}));
  to.push_back(escaped(
      secret, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}}));
  // `sh -x` and our own scripts write a quote in a word as '\''.
  to.push_back(escaped(secret, {{'\'', "'\\''"}}));
  to.push_back(backslashed(secret, " !\"#$&'()*,;<>?[\\]^`{|}~")); // printf %q
  to.push_back(backslashed(secret, "\"$`\\"));                     // in double quotes of a shell
  to.push_back(escaped(secret, {{'\\', "\\\\"}, {'\'', "\\'"}, {'\n', "\\n"}})); // repr of Python
  to.push_back(escaped(secret, {{'$', "$$"}})); // docker compose config
  to.push_back(escaped(secret, {{'\n', "\r\n"}}));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

} // namespace

std::vector<std::string> forms_of(std::string_view secret) {
  std::vector<std::string> made;
  add_forms(secret, made);
  // A file's secret is printed without its last newline, and a key line by line.
  if (const auto core = trimmed(secret); core.size() != secret.size())
    add_forms(core, made);
  if (secret.find('\n') != std::string_view::npos)
    for (std::size_t begin = 0; begin < secret.size();) {
      const auto end = std::min(secret.find('\n', begin), secret.size());
      const auto line = trimmed(secret.substr(begin, end - begin));
      if (line.size() >= line_bytes_min && !line.starts_with("-----"))
        add_forms(line, made);
      begin = end + 1;
    }
  std::erase_if(made, [](const std::string& form) { return form.size() < secret_bytes_min; });
  std::sort(made.begin(), made.end());
  made.erase(std::unique(made.begin(), made.end()), made.end());
  return made;
}

} // namespace baton
