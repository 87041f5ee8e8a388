#pragma once

#include "messages/endpoint.hpp"
#include "messages/error.hpp"
#include "runtime/ssh/known_hosts.hpp"
#include "runtime/ssh/options.hpp"

#include <chrono>
#include <string>

namespace baton::ssh {

/// The key that a host shows, and what we know of it so far; for `baton host trust NAME`.
struct offered_key {
  std::string where;       ///< `user@host:port`
  host_key key;            ///< type and blob
  std::string fingerprint; ///< `SHA256:…`
  key_check found;         ///< known already, unknown, changed, revoked …
  std::string name;        ///< what stands for the host in known_hosts: `host`, `[host]:port`
  std::string file;        ///< the known_hosts file that `trust_host_key` appends to
  bool hashed = false;     ///< the ssh config wants HashKnownHosts
};

/// Asks a host for its key, trusting nothing and proving nothing to it. Its jump hosts must be
/// trusted already. Blocks, hardly longer than `deadline`.
expected<offered_key> fetch_host_key(const endpoint& to, const options& how,
                                     std::chrono::milliseconds deadline);

/// The line that makes the key known, without a line end; hashed with a fresh salt if so wanted.
std::string known_hosts_line(const offered_key& offered);

/// Appends that line to the file (made with mode 0600 if need be) under a lock. Does nothing when
/// the key is known already; refuses a revoked one.
expected<void> trust_host_key(const offered_key& offered);

} // namespace baton::ssh
