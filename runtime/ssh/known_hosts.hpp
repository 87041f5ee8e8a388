#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace baton::ssh {

/// A public host key: the type's name as in known_hosts (`ssh-ed25519`), and the raw key blob.
struct host_key {
  std::string type;
  std::string blob;
  bool operator==(const host_key&) const = default;
};

/// `SHA256:…`, as `ssh-keygen -l` prints it.
std::string fingerprint(const host_key& key);

/// What stands for a host's name in a hashed line (`|1|salt|hash`): HMAC-SHA1, 20 bytes. It hides
/// the name from a glance, and protects nothing else.
std::string hashed_name(std::string_view salt, std::string_view name);
inline constexpr std::size_t name_salt_size = 20;

enum class key_verdict {
  known,      ///< this very key
  unknown,    ///< nothing is known about the host
  changed,    ///< another key of the same type
  other_type, ///< only keys of other types
  revoked,    ///< stands under @revoked
};

/// A line of a known_hosts file that speaks of a host.
struct known_key {
  host_key key;
  std::string place; ///< `file:line`
};

struct key_check {
  key_verdict verdict = key_verdict::unknown;
  std::vector<known_key> known; ///< what is known instead; for `revoked` the line that says so
  std::string authority;        ///< `file:line` of a @cert-authority for the host; empty: none
};

/// The host keys of some known_hosts files, read once. Plain, hashed and pattern entries,
/// negation, @revoked. A @cert-authority is not a host key. A line that cannot be read, and a file
/// that is not there, say nothing, as with ssh. Not thread-safe.
class known_hosts {
public:
  static known_hosts load(const std::vector<std::string>& files);

  /// Adds the lines of `text`; `file` is for messages only.
  void add(std::string_view text, const std::string& file);
  /// Adds public keys, one a line, that no host may have (RevokedHostKeys).
  void add_revoked(std::string_view text, const std::string& file);

  /// What is to be thought of `offered` for a host, looked up as `known_hosts_name` says.
  key_check check(std::string_view name, const host_key& offered) const;

  /// The types of the keys that are known for it, in the files' order.
  std::vector<std::string> types(std::string_view name) const;

private:
  enum class marker { none, revoked, authority };
  struct line {
    std::string hosts; ///< patterns, or `|1|salt|hash` decoded
    std::string salt;
    bool hashed = false;
    marker mark = marker::none;
    known_key known;
  };

  /// Their indices, found once per name: each hashed line must be tried for it.
  const std::vector<std::size_t>& lines_for(std::string_view name) const;

  std::vector<line> lines_;
  /// Lines by a plain host name in them; the rest must be looked at one by one.
  std::unordered_multimap<std::string, std::size_t> plain_;
  std::vector<std::size_t> others_;
  mutable std::unordered_map<std::string, std::vector<std::size_t>> found_;
};

} // namespace baton::ssh
