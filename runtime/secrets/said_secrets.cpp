#include "runtime/secrets/said_secrets.hpp"

#include "runtime/ascii.hpp"
#include "runtime/http/url.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/secrets/everyday.hpp"
#include "runtime/secrets/free_texts.hpp"
#include "runtime/secrets/secret_name.hpp"

#include <algorithm>
#include <set>

namespace baton {

namespace {

struct span {
  std::size_t begin;
  std::size_t end;
};

constexpr std::string_view spaces = " \t\r\n";
constexpr std::string_view quotes = "\"'\\";
/// What ends a word of a shell, or a value of JSON.
constexpr std::string_view ends_of_words = " \t\r\n\"'`\\;|&<>(),}";
constexpr std::size_t token_bytes_min = 20;

bool is_of_token(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '-';
}
bool is_of_name(char c) {
  return is_of_token(c) || c == '.';
}
bool is_in(std::string_view set, std::string_view text, std::size_t at) {
  return at < text.size() && set.find(text[at]) != std::string_view::npos;
}
std::size_t find_end(std::string_view text, std::string_view of, std::size_t from) {
  return std::min(text.find_first_of(of, from), text.size());
}
std::size_t skip(std::string_view text, std::string_view what, std::size_t from) {
  return std::min(text.find_first_not_of(what, from), text.size());
}

// --- URLs
// -----------------------------------------------------------------------------------------

/// A query says `key` where others say `api_key`.
bool names_a_secret_in_url(std::string_view name) {
  return name == "key" || name == "sig" || name == "signature" || name == "auth"
         || names_a_secret(name);
}

void add_parts_of(std::string_view text, span url, std::vector<span>& to) {
  auto written = std::string{text.substr(url.begin, url.end - url.begin)};
  for (std::size_t at = 0; (at = written.find("${host}", at)) != std::string::npos;)
    written.replace(at, 7, "host"); // no name that a URL may have
  for (const auto& part : parts_of_url(written)) {
    const bool is_login = part.name.empty();
    if (!is_login && !names_a_secret_in_url(url_decoded(part.name)))
      continue;
    const auto before = is_login ? std::string{":"} : part.name + "=";
    const auto at = text.find(before + part.text + (is_login ? "@" : ""), url.begin);
    if (at != std::string_view::npos && !part.text.empty())
      to.push_back({at + before.size(), at + before.size() + part.text.size()});
  }
}

void add_urls(std::string_view text, std::vector<span>& to) {
  constexpr std::string_view mark = "://";
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string_view::npos;) {
    auto begin = at;
    while (begin > 0 && is_of_name(text[begin - 1]))
      --begin;
    const auto end = find_end(text, " \t\r\n\"'`<>|\\", at);
    add_parts_of(text, {begin, end}, to);
    at = std::max(end, at + mark.size());
  }
}

// --- names with values
// ----------------------------------------------------------------------------

/// Whether it is told where the value is, and not the value.
bool is_reference(std::string_view value) {
  return value.empty() || is_in("$`@<~{*", value, 0) || value.starts_with('/')
         || value.starts_with("./");
}

void add_value(std::string_view text, std::size_t from, std::vector<span>& to) {
  const auto begin = skip(text, quotes, from);
  const bool quoted = begin > from && text[begin - 1] != '\\';
  const auto end = quoted ? find_end(text, text.substr(begin - 1, 1), begin)
                          : find_end(text, ends_of_words, begin);
  const auto value = text.substr(begin, end - begin);
  const auto size = value.find_last_not_of('\\') + 1; // a quote inside of quotes
  if (!is_reference(value))
    to.push_back({begin, begin + size});
}

/// Where the value of the name at `name` begins; npos: it has none.
std::size_t value_of(std::string_view text, span name) {
  const auto none = std::string_view::npos;
  const auto word = text.substr(name.begin, name.end - name.begin);
  if (is_in("=", text, name.end))
    return name.end + 1;
  // A header, or a key of JSON: not `wrong password: try again`.
  const auto colon = skip(text, quotes, name.end);
  if (is_in(":", text, colon) && (name.begin == 0 || is_in(quotes, text, name.begin - 1)))
    return skip(text, spaces, colon + 1);
  const auto next = skip(text, spaces, name.end);
  const bool takes_next = word.starts_with('-') || word == "Bearer" || word == "bearer";
  return takes_next && next > name.end && !is_in("-", text, next) ? next : none;
}

void add_named(std::string_view text, std::vector<span>& to) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_of_name(text[at])) {
      ++at;
      continue;
    }
    span name{at, at};
    while (name.end < text.size() && is_of_name(text[name.end]))
      ++name.end;
    at = name.end;
    if (!names_a_secret(text.substr(name.begin, name.end - name.begin)))
      continue;
    if (const auto value = value_of(text, name); value != std::string_view::npos)
      add_value(text, value, to);
  }
}

// --- words that are tokens
// ------------------------------------------------------------------------

/// Of random letters and digits three in five differ in kind from the one before, and several are
/// digits; of words and dates few do.
bool is_token(std::string_view word) {
  const auto kind = [](char c) { return is_lower(c) ? 1 : is_upper(c) ? 2 : is_digit(c) ? 3 : 0; };
  std::size_t changes = 0;
  std::size_t seen[4] = {};
  int before = 0;
  for (const char c : word) {
    const int now = kind(c);
    ++seen[now];
    changes += now != 0 && before != 0 && now != before ? 1 : 0;
    before = now;
  }
  return word.size() >= token_bytes_min && seen[1] > 0 && seen[2] > 0 && seen[3] > 1
         && changes * 5 >= word.size() * 2;
}

void add_tokens(std::string_view text, std::vector<span>& to) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto begin = at;
    while (at < text.size() && is_of_token(text[at]))
      ++at;
    if (is_token(text.substr(begin, at - begin)))
      to.push_back({begin, at});
  }
}

/// In order, apart from each other.
std::vector<span> spans_in(std::string_view name, std::string_view text) {
  std::vector<span> all;
  if (names_a_secret(name)) {
    if (!text.empty())
      all.push_back({0, text.size()});
    return all;
  }
  add_urls(text, all);
  add_named(text, all);
  add_tokens(text, all);
  std::ranges::sort(all, {}, &span::begin);
  std::vector<span> apart;
  for (const auto& one : all)
    if (!apart.empty() && one.begin < apart.back().end)
      apart.back().end = std::max(apart.back().end, one.end);
    else
      apart.push_back(one);
  return apart;
}

} // namespace

std::string without_secrets(std::string_view name, std::string_view text) {
  std::string made;
  std::size_t at = 0;
  for (const auto& one : spans_in(name, text)) {
    made += text.substr(at, one.begin - at);
    made += redactor::mark;
    at = one.end;
  }
  made += text.substr(at);
  return made;
}

std::vector<std::string> secrets_in(std::string_view name, std::string_view text) {
  std::vector<std::string> made;
  for (const auto& one : spans_in(name, text)) {
    const auto value = text.substr(one.begin, one.end - one.begin);
    if (is_answer(value))
      continue;
    made.emplace_back(value);
    if (value.find('%') != std::string_view::npos)
      made.push_back(url_decoded(value));
  }
  return made;
}

std::vector<std::string> secrets_said(const fleet& in) {
  std::set<std::string> all;
  each_free_text(in, [&all](std::string_view name, const std::string& text) {
    for (auto& one : secrets_in(name, text))
      all.insert(std::move(one));
  });
  return {all.begin(), all.end()};
}

} // namespace baton
