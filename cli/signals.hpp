#pragma once

#include <functional>
#include <memory>
#include <string>

namespace baton {

/// SIGINT and SIGTERM as calls on a thread of their own, from its making to its end. One at a time.
class signals {
public:
  /// `on_signal` hears `SIGINT` or `SIGTERM`, and how many came before.
  explicit signals(std::function<void(const std::string& name, int before)> on_signal);
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;
  ~signals();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
