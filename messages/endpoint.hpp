#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace baton {

/// How to reach one host, as baton.yaml says it. What is empty is taken from the user's ssh
/// config (`ssh -G`), which also knows jump hosts, aliases and identities.
struct endpoint {
  std::string name;                    ///< the fleet's name of the host
  std::string ssh;                     ///< the name to look up with `ssh -G`; empty: `name`
  std::string address;                 ///< host name or IP; empty: what the ssh config says
  std::string user;                    ///< empty: what the ssh config says
  std::uint16_t port = 0;              ///< 0: what the ssh config says
  std::vector<std::string> identities; ///< private key files; empty: what the ssh config says
  std::string jump;  ///< `[user@]host[:port][,…]`, or a host's name; empty: ssh config
  bool sudo = false; ///< the control shell is `exec sudo -n /bin/sh`
};

} // namespace baton
