#pragma once

#include "messages/endpoint.hpp"
#include "messages/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace baton {

/// Names a channel within its session; never used twice in one session.
using channel_id = std::uint32_t;

namespace transport_event {

/// The session can be used.
struct connected {};

/// A piece of what a channel printed, at most 32 KiB; stdout and stderr in the order they came.
struct output {
  channel_id channel;
  bool is_stderr;
  std::string bytes;
};

/// A channel is over. Comes once for each `run`, after its last output, whatever happened:
/// exactly one of `status`, `signal`, `why` is set. The first two also when a grandchild still
/// holds the channel open.
struct ended {
  channel_id channel;
  std::optional<int> status;        ///< exit status of the command
  std::string signal;               ///< name without SIG, `TERM`
  std::shared_ptr<const error> why; ///< deadline, cancel, refused channel, no status, lost session
};

/// The session is over, or never came to be. Always the last event of a session, except after
/// the session was destroyed, when nothing more is heard.
struct lost {
  error why;
};

} // namespace transport_event

using transport_event_t = std::variant<transport_event::connected, transport_event::output,
                                       transport_event::ended, transport_event::lost>;

/// Hears a session's events, on the transport's own thread, one at a time and in order. It must
/// not block and must not throw; an actor's sink sends itself a message.
using transport_sink = std::function<void(transport_event_t)>;

/// One connection to a target, made by `transport::open`. All members may be called from any
/// thread and return at once: what they ask is done on the transport's thread. Destroying it
/// closes the connection without waiting for the peer; the sink is not called any more once the
/// destructor has returned.
class session {
public:
  session() = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  virtual ~session() = default;

  /// Runs `command` (the constant `exec /bin/sh` but in tests) in a channel of its own. Whatever
  /// happens, `ended` is heard within `deadline` (zero: none) for it.
  virtual channel_id run(std::string command, std::chrono::milliseconds deadline) = 0;

  /// Sends bytes to the command's standard input, in order; kept until the peer takes them.
  virtual void write(channel_id channel, std::string bytes) = 0;

  /// Ends the command's standard input after what was written.
  virtual void write_end(channel_id channel) = 0;

  /// Says that `bytes` of heard output have been dealt with. A channel is given 1 MiB of credit
  /// at its start; when it is used up the peer is made to wait (back-pressure), not memory.
  virtual void credit(channel_id channel, std::size_t bytes) = 0;

  /// Closes a channel; `ended` is heard within a second, whatever the peer does.
  virtual void cancel(channel_id channel) = 0;
};

/// Where sessions come from: libssh over the network (runtime/ssh), a child process on the
/// controller (runtime/steps/local_transport), or a simulated fleet.
class transport {
public:
  transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;
  virtual ~transport() = default;

  /// Begins to connect; `connected` or `lost` is heard within `deadline` of its turn (of many).
  virtual std::unique_ptr<session> open(const endpoint& to, transport_sink sink,
                                        std::chrono::milliseconds deadline) = 0;
};

} // namespace baton
