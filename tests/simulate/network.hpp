#pragma once

#include "runtime/transport.hpp"
#include "tests/simulate/control_server.hpp"

#include "messages/time.hpp"

#include <map>
#include <memory>
#include <string>

namespace baton::simulate {

struct world;
class machine;

/// Both ends of one connection, and the line between them: it takes time, keeps the order, and may
/// break with or without a word.
class connection : public std::enable_shared_from_this<connection> {
public:
  connection(world& in, machine& to, transport_sink sink, std::string name, bool is_local);

  void open(duration deadline);
  void close(); ///< by the client: it hears nothing any more
  void lose(bool tells);

  channel_id run();
  void write(channel_id channel, std::string bytes);
  void cancel(channel_id channel);

private:
  duration takes();
  void to_client(transport_event_t what);
  void to_client_at(duration when, transport_event_t what);
  void refuse(duration wait, const std::string& why, ec code);

  world& in_;
  machine& to_;
  transport_sink sink_;
  std::string name_;
  bool is_local_;
  bool is_open_ = false, is_dead_ = false;
  int latency_ = 1, spread_ = 0;
  std::uint64_t sent_ = 0;
  duration client_hears_{0}, host_hears_{0}; ///< the last arrival on either side
  channel_id last_ = 0;
  std::map<channel_id, std::shared_ptr<control_server>> servers_;
};

/// The transport of one process of a controller; once that is dead, nothing is sent any more.
class simulated_transport : public transport {
public:
  simulated_transport(world& in, std::string controller, std::string process);

  std::unique_ptr<session> open(const endpoint& to, transport_sink sink,
                                std::chrono::milliseconds deadline) override;

  /// The process is gone: its connections with it.
  void die();

private:
  world& in_;
  std::string controller_, process_;
  bool is_dead_ = false;
  int count_ = 0;
  std::vector<std::weak_ptr<connection>> all_;
};

} // namespace baton::simulate
