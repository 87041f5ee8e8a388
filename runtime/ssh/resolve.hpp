#pragma once

#include "messages/error.hpp"
#include "runtime/ssh/options.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton::ssh {

/// All that is needed to connect to one host: what the endpoint says, else what the user's ssh
/// config says (`ssh -G`), else ssh's defaults. Tokens and `~` are expanded.
struct resolved_endpoint {
  std::string name;  ///< the fleet's name of the host, for errors
  std::string asked; ///< the name that was looked up
  std::string host;  ///< host name or IP to connect to
  std::uint16_t port = 22;
  std::string user;
  std::vector<std::string> identities;   ///< private key files, in order; they may not exist
  bool identities_only = false;          ///< no other keys of the agent
  bool identities_chosen = false;        ///< named in baton.yaml, so a missing one is an error
  std::vector<std::string> certificates; ///< CertificateFile; empty: FILE-cert.pub of each identity
  std::string agent;                     ///< the agent's socket; empty: none
  std::vector<std::string> known_hosts;  ///< files to read
  std::string known_hosts_user;          ///< the file a trusted key is appended to
  std::string revoked_hosts;             ///< a file of host keys that are refused; empty: none
  std::string host_key_alias;            ///< stands for host and port in known_hosts
  bool hash_known_hosts = false;
  std::string strictness; ///< StrictHostKeyChecking, for messages only: we are always strict
  std::vector<std::string> jumps; ///< jump hosts, the nearest to us first; each a `parse_hop`
  std::string proxy_command;      ///< makes the connection instead of TCP; for the user's shell
  int family = 0;                 ///< AF_UNSPEC, AF_INET or AF_INET6
  std::string bind_address;       ///< of this machine, to connect from; empty: any
  bool guessed = false;           ///< `host` is just the name: nothing else was known
};

/// `user@address:port`, for messages.
std::string where(const resolved_endpoint& to);

/// How the host is looked up in known_hosts: its HostKeyAlias, `host`, or `[host]:port`.
std::string known_hosts_name(const resolved_endpoint& to);

/// What `ssh -G` printed, folded over `to`. Pure but for the environment and the user database.
expected<resolved_endpoint> combine(const endpoint& to, const options& how,
                                    std::string_view settings);

/// Finds out how to reach `to`, by running `ssh -G` (no shell; a few milliseconds). Blocks, at
/// most for `deadline`. Fails with `config_invalid` or `timed_out`, saying what to do.
expected<resolved_endpoint>
resolve_endpoint(const endpoint& to, const options& how = {},
                 std::chrono::milliseconds deadline = std::chrono::seconds{10});

/// One element of a `jump` as an endpoint: a host of the fleet, or `[user@]host[:port]`,
/// `ssh://[user@]host[:port]`.
expected<endpoint> parse_hop(std::string_view text, const options& how);

} // namespace baton::ssh
