// known_hosts: whatever stands in it, a line of ours behind it is found, and a revoked key stays
// revoked. First line of the input: the host's name.

#include "fuzz.hpp"

#include "runtime/ssh/encoding.hpp"
#include "runtime/ssh/known_hosts.hpp"

namespace baton::fuzz {

namespace {

ssh::host_key our_key(std::string_view body) {
  std::string blob;
  ssh::put_string(blob, "ssh-ed25519");
  ssh::put_string(blob, body);
  return {"ssh-ed25519", blob};
}

std::string line_of(const std::string& hosts, const ssh::host_key& key) {
  return '\n' + hosts + ' ' + key.type + ' ' + ssh::to_base64(key.blob) + '\n';
}

/// A name that ssh could be asked for, and that stands for itself as a pattern.
bool is_plain(std::string_view name) {
  return !name.empty() && name.find_first_of(std::string_view{"\0 \t\r,*?!|#@", 11}) == name.npos;
}

std::string lower(std::string_view text) {
  std::string made{text};
  for (auto& c : made)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return made;
}

void look_up(std::string_view text, std::string_view name) {
  ssh::known_hosts table;
  table.add(text, "file");
  const auto key = our_key("key");
  const auto found = table.check(name, key);
  using enum ssh::key_verdict;
  must((found.verdict == unknown) == found.known.empty(), "a verdict names the lines it stands on");
  for (const auto& one : found.known) {
    must(one.place.starts_with("file:"), "a known key has a place", one.place);
    must(ssh::fingerprint(one.key).starts_with("SHA256:"), "a known key has a fingerprint");
  }
  if (!is_plain(name))
    return;
  const bool may_be_revoked = text.find("@revoked") != text.npos;
  constexpr std::string_view salt = "twenty bytes of salt";
  const auto hashed =
      "|1|" + ssh::to_base64(salt) + '|' + ssh::to_base64(ssh::hashed_name(salt, lower(name)));
  for (const auto& hosts : {std::string{name}, hashed}) {
    auto more = table;
    more.add(line_of(hosts, key), "ours");
    const auto verdict = more.check(name, key).verdict;
    must(verdict == known || (may_be_revoked && verdict == revoked),
         "a key that stands there is known");
  }
  auto less = table;
  less.add(line_of(std::string{name}, key), "ours");
  less.add_revoked("ssh-ed25519 " + ssh::to_base64(key.blob), "revoked");
  must(less.check(name, key).verdict == revoked, "a revoked key stays revoked");
}

} // namespace

} // namespace baton::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  auto text = fuzz::text_of(data, size);
  const auto name = fuzz::take_until(text, "\n");
  fuzz::look_up(text, name);
  ssh::known_hosts revoked;
  revoked.add_revoked(text, "revoked");
  for (const auto& type : revoked.types(name))
    fuzz::must(false, "a list of revoked keys makes none known", type);
  return 0;
}
