#pragma once

#include "messages/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace baton::ssh {

/// How the transport behaves. The defaults do what `ssh` would do for this user.
struct options {
  /// Read instead of the user's and the system's ssh config (`ssh -F`); empty: those.
  std::string config_file;
  /// Asked with `-G` what the ssh config says about a name. When it is missing, endpoints with an
  /// address still work.
  std::string ssh_binary = "ssh";
  /// Read instead of the known_hosts files that the ssh config names; the first is the one that
  /// a trusted key is appended to. Empty: those of the config.
  std::vector<std::string> known_hosts;
  /// Socket of the ssh agent, or `none`; empty: IdentityAgent of the config, then SSH_AUTH_SOCK.
  std::string agent_socket;
  /// Hosts of the fleet that a `jump` may name.
  std::map<std::string, endpoint, std::less<>> hosts;

  std::size_t connects_max = 64;        ///< connections in the making, of the whole transport
  std::size_t starts_per_address = 8;   ///< below sshd's MaxStartups (10), to one address
  std::size_t starts_per_bastion = 32;  ///< logins at once through one jump host
  std::size_t channels_per_session = 8; ///< below sshd's MaxSessions (10); further runs wait
  std::chrono::milliseconds keepalive{15'000};      ///< lost after three of them without a byte
  std::chrono::milliseconds agent_deadline{10'000}; ///< for the agent's list of keys
};

} // namespace baton::ssh
