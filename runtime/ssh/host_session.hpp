#pragma once

#include "runtime/ssh/command_channel.hpp"
#include "runtime/ssh/connection.hpp"
#include "runtime/ssh/listener.hpp"
#include "runtime/transport.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace baton::ssh {

class engine;

/// The reactor's side of a session: its connection, and the commands on it, of which only so many
/// are open at once. On the reactor's thread.
class host_session : public std::enable_shared_from_this<host_session> {
public:
  host_session(engine& owner, std::shared_ptr<listener> to_whom);

  void open(const endpoint& to, std::chrono::milliseconds patience);
  /// Says nothing any more and lets go of everything.
  void close();
  /// Ends it with `lost`, unless that was said already.
  void lose(error why);

  void run(channel_id id, std::string command, std::chrono::milliseconds deadline);
  void write(channel_id id, std::string bytes);
  void write_end(channel_id id);
  void credit(channel_id id, std::size_t bytes);
  void cancel(channel_id id);

private:
  command_channel* find(channel_id id);
  void start_next();
  void heard(transport_event_t event);
  void settle(channel_id id);
  void refused(command_channel& one);

  engine& owner_;
  std::shared_ptr<listener> listener_;
  std::shared_ptr<connection> link_;
  std::string name_;
  std::map<channel_id, std::shared_ptr<command_channel>> channels_;
  std::deque<channel_id> queue_;
  std::set<channel_id> open_; ///< those on the connection
  std::size_t open_max_;
  int refusals_ = 0; ///< in a row, while no other channel was open
  reactor::timer paused_ = 0;
  bool had_channels_ = false; ///< the host has opened one before
  bool over_ = false;
};

} // namespace baton::ssh
