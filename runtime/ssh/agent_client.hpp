#pragma once

#include "messages/error.hpp"
#include "runtime/ssh/known_hosts.hpp"
#include "runtime/ssh/reactor.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton::ssh {

/// A key that an ssh agent holds.
struct agent_key {
  host_key key;
  std::string comment;
};

/// One question to an ssh agent, asked without ever blocking the reactor. Destroying it gives
/// the question up. On the reactor's thread only.
class agent_request {
public:
  using answer_handler = std::function<void(expected<std::string>)>;

  /// Sends `message` (without its length) to the agent at `socket` and gives its answer, or why
  /// there is none until `deadline`, to `done`: later, never from within this call.
  agent_request(reactor& loop, std::string socket, const std::string& message,
                reactor::clock::time_point deadline, answer_handler done);
  agent_request(const agent_request&) = delete;
  agent_request& operator=(const agent_request&) = delete;
  ~agent_request();

private:
  void connect();
  void on_ready(std::uint32_t events);
  void finish(expected<std::string> answer);
  void fail(const std::string& why);
  void close();

  reactor& loop_;
  std::string socket_;
  std::string out_;
  std::string in_;
  answer_handler done_;
  int fd_ = -1;
  reactor::watch_id watch_ = 0;
  reactor::timer deadline_ = 0;
  reactor::timer again_ = 0;
};

/// The message that asks an agent for its keys, and the keys in its answer.
std::string agent_list_message();
expected<std::vector<agent_key>> parse_agent_list(std::string_view answer);

} // namespace baton::ssh
