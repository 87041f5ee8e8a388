#include "runtime/ssh/known_hosts.hpp"

#include "runtime/ssh/encoding.hpp"
#include "runtime/ssh/read_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace baton::ssh {

namespace {

constexpr std::string_view blanks = " \t";

std::string_view next_word(std::string_view& text) {
  const auto begin = std::min(text.find_first_not_of(blanks), text.size());
  text.remove_prefix(begin);
  const auto word = text.substr(0, std::min(text.find_first_of(blanks), text.size()));
  text.remove_prefix(word.size());
  return word;
}

bool has_wildcard(std::string_view pattern) {
  return pattern.find_first_of("*?!") != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string made{text};
  for (auto& c : made)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return made;
}

// Linear in practice: only the last `*` is ever returned to.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  auto star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*') {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// A list `a,*.b,!c`: a negated match wins over all others.
bool list_matches(std::string_view list, std::string_view name) {
  bool found = false;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    auto pattern = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const bool negated = pattern.starts_with('!');
    if (negated)
      pattern.remove_prefix(1);
    if (pattern.empty() || !matches(pattern, name))
      continue;
    if (negated)
      return false;
    found = true;
  }
  return found;
}

// The key's own first word tells its type; a line whose type word differs is broken.
bool blob_has_type(std::string_view blob, std::string_view type) {
  const auto word = read_string(blob);
  return word && *word == type;
}

} // namespace

std::string fingerprint(const host_key& key) {
  return sha256_fingerprint(key.blob);
}

std::string hashed_name(std::string_view salt, std::string_view name) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  ::HMAC(::EVP_sha1(), salt.data(), static_cast<int>(salt.size()),
         reinterpret_cast<const unsigned char*>(name.data()), name.size(), hash.data(), &size);
  return {reinterpret_cast<const char*>(hash.data()), size};
}

known_hosts known_hosts::load(const std::vector<std::string>& files) {
  known_hosts made;
  for (const auto& file : files) {
    made.add(read_text(file), file);
  }
  return made;
}

void known_hosts::add(std::string_view text, const std::string& file) {
  found_.clear();
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (rest.ends_with('\r'))
      rest.remove_suffix(1);
    auto word = next_word(rest);
    if (word.empty() || word.starts_with('#'))
      continue;
    line made;
    if (word.starts_with('@')) {
      if (word != "@revoked" && word != "@cert-authority")
        continue;
      made.mark = word == "@revoked" ? marker::revoked : marker::authority;
      word = next_word(rest);
    }
    if (word.starts_with("|1|")) {
      const auto middle = word.find('|', 3);
      if (middle == std::string_view::npos)
        continue;
      const auto salt = from_base64(word.substr(3, middle - 3));
      const auto hash = from_base64(word.substr(middle + 1));
      if (!salt || !hash)
        continue;
      made.hashed = true;
      made.salt = *salt;
      made.hosts = *hash;
    } else {
      made.hosts = lower(word);
    }
    made.known.key.type = next_word(rest);
    const auto blob = from_base64(next_word(rest));
    if (!blob || !blob_has_type(*blob, made.known.key.type))
      continue;
    made.known.key.blob = *blob;
    made.known.place = file + ':' + std::to_string(number);

    const auto index = lines_.size();
    if (made.hashed || has_wildcard(made.hosts)) {
      others_.push_back(index);
    } else {
      std::string_view names = made.hosts;
      while (!names.empty()) {
        const auto comma = std::min(names.find(','), names.size());
        plain_.emplace(names.substr(0, comma), index);
        names.remove_prefix(std::min(comma + 1, names.size()));
      }
    }
    lines_.push_back(std::move(made));
  }
}

void known_hosts::add_revoked(std::string_view text, const std::string& file) {
  std::string marked;
  while (!text.empty()) {
    const auto words = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(words.size() + 1, text.size()));
    const auto blank = words.find_first_not_of(" \t\r") == std::string_view::npos;
    marked += (blank || words.starts_with('#') ? "" : "@revoked * ") + std::string{words} + '\n';
  }
  add(marked, file);
}

const std::vector<std::size_t>& known_hosts::lines_for(std::string_view name) const {
  const auto wanted = lower(name);
  const auto [slot, fresh] = found_.try_emplace(wanted);
  auto& found = slot->second;
  if (!fresh)
    return found;
  const auto [begin, end] = plain_.equal_range(wanted);
  for (auto entry = begin; entry != end; ++entry)
    found.push_back(entry->second);
  for (const auto index : others_) {
    const auto& one = lines_[index];
    if (one.hashed) {
      if (hashed_name(one.salt, wanted) == one.hosts)
        found.push_back(index);
    } else if (list_matches(one.hosts, wanted)) {
      found.push_back(index);
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

key_check known_hosts::check(std::string_view name, const host_key& offered) const {
  const auto& lines = lines_for(name);
  key_check result;
  for (const auto index : lines)
    if (const auto& one = lines_[index]; one.mark == marker::revoked && one.known.key == offered)
      return {key_verdict::revoked, {one.known}, {}};
  for (const auto index : lines) {
    const auto& one = lines_[index];
    if (one.mark == marker::authority)
      result.authority = one.known.place;
    if (one.mark != marker::none)
      continue;
    if (one.known.key == offered)
      return {key_verdict::known, {one.known}, {}};
    if (one.known.key.type == offered.type)
      result.verdict = key_verdict::changed;
    else if (result.verdict == key_verdict::unknown)
      result.verdict = key_verdict::other_type;
    result.known.push_back(one.known);
  }
  return result;
}

std::vector<std::string> known_hosts::types(std::string_view name) const {
  std::vector<std::string> types;
  for (const auto index : lines_for(name))
    if (const auto& one = lines_[index];
        one.mark == marker::none
        && std::find(types.begin(), types.end(), one.known.key.type) == types.end())
      types.push_back(one.known.key.type);
  return types;
}

} // namespace baton::ssh
