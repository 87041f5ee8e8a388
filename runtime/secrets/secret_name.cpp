#include "runtime/secrets/secret_name.hpp"

#include "runtime/ascii.hpp"
#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace baton {

namespace {

/// Wherever they stand in a word: `DBPASSWORD`, `secrets`.
constexpr std::array<std::string_view, 10> telling{
    "password",   "passwd", "passphrase", "passcode",  "secret",
    "credential", "token",  "apikey",     "accesskey", "privatekey"};

/// Only as words of their own.
constexpr std::array<std::string_view, 5> telling_words{"pass", "pwd", "pw", "salt", "bearer"};

/// What makes a key a secret one.
constexpr std::array<std::string_view, 17> kinds_of_key{
    "api",     "access", "private", "encryption", "signing", "master", "auth", "app", "account",
    "session", "deploy", "license", "service",    "shared",  "ssh",    "jwt",  "hmac"};

/// At the end of a name: it speaks of a secret and is none.
constexpr std::array<std::string_view, 27> about{
    "file", "path",   "dir",   "folder",  "name",   "id",       "url",     "uri",      "host",
    "port", "user",   "type",  "ttl",     "expiry", "expires",  "timeout", "lifetime", "age",
    "size", "length", "count", "enabled", "header", "endpoint", "policy",  "required", "algorithm"};

template <std::size_t N>
bool has_word(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_letter_or_digit(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// In lower case: `dbPassword` and `DB_PASSWORD` are both `db`, `password`.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  char before = '_';
  for (const char c : name) {
    const bool begins = !is_letter_or_digit(before) || (is_upper(c) && !is_upper(before));
    if (is_letter_or_digit(c)) {
      if (begins)
        words.emplace_back();
      words.back() += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    }
    before = c;
  }
  return words;
}

} // namespace

bool names_a_secret(std::string_view name) {
  const auto words = words_of(name);
  if (words.empty() || (words.size() > 1 && has_word(about, words.back())))
    return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    const auto holds = [&](std::string_view part) { return word.find(part) != word.npos; };
    if (std::ranges::any_of(telling, holds))
      return true;
    // The shell's own PWD is a folder.
    if (has_word(telling_words, word) && (word != "pwd" || words.size() > 1))
      return true;
    if (word == "key" && i > 0 && has_word(kinds_of_key, words[i - 1]))
      return true;
  }
  return false;
}

} // namespace baton
