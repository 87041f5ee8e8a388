#pragma once

#include "runtime/ssh/known_hosts.hpp"

#include <memory>
#include <string>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h> // ssh_send_keepalive

namespace baton::ssh {

struct libssh_deleter {
  void operator()(ssh_session session) const { ::ssh_free(session); }
  void operator()(ssh_event event) const { ::ssh_event_free(event); }
  void operator()(ssh_key key) const { ::ssh_key_free(key); }
};

using session_ptr = std::unique_ptr<ssh_session_struct, libssh_deleter>;
using event_ptr = std::unique_ptr<ssh_event_struct, libssh_deleter>;
using key_ptr = std::unique_ptr<ssh_key_struct, libssh_deleter>;

/// The public part of a key, or a certificate; empty when libssh cannot tell.
host_key public_part(ssh_key key);

/// The last error of a session, without a line end. There is one per session: copy it at once.
std::string error_text(ssh_session session);

} // namespace baton::ssh
