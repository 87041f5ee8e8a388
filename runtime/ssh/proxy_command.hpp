#pragma once

#include "messages/error.hpp"
#include "runtime/child_process.hpp"
#include "runtime/ssh/reactor.hpp"

#include <memory>
#include <optional>
#include <string>

namespace baton::ssh {

/// The ProxyCommand of the user's own ssh config, run as ssh runs it: by the user's shell, with the
/// connection as its standard input and output. Ends, with all it started, when this does. On the
/// reactor's thread.
class proxy_command {
public:
  explicit proxy_command(std::shared_ptr<reactor> loop) : loop_(std::move(loop)) {}
  proxy_command(const proxy_command&) = delete;
  proxy_command& operator=(const proxy_command&) = delete;
  ~proxy_command();

  /// Starts it; gives the connection's end, non-blocking, which is the caller's.
  expected<int> start(const std::string& command);

  /// The end of what it has said on its standard error; empty: nothing.
  std::string said();

private:
  bool listen(); ///< false: there is nothing more for now

  std::shared_ptr<reactor> loop_;
  std::optional<child_process> child_;
  reactor::watch_id watch_ = 0;
  std::string said_;
};

} // namespace baton::ssh
