#pragma once

#include "runtime/ssh/libssh.hpp"

namespace baton::ssh {

/// Closes and frees a channel without waiting; its callbacks are not called any more.
inline void close_channel(ssh_channel channel, ssh_channel_callbacks callbacks) {
  ::ssh_remove_channel_callbacks(channel, callbacks);
  // The first call may get no further than the end of file, when the socket is full.
  if (::ssh_channel_is_open(channel) && ::ssh_channel_close(channel) == SSH_AGAIN)
    ::ssh_channel_close(channel);
  ::ssh_channel_free(channel);
}

} // namespace baton::ssh
