#pragma once

#include <functional>
#include <memory>
#include <string>

namespace baton {

/// What `baton cancel` sends along with SIGTERM, so that its wish is told from anybody else's.
inline constexpr int cancel_in_order = 0x42544e01;
inline constexpr int cancel_at_once = 0x42544e02; ///< as if a second signal had come, too

/// SIGINT, SIGTERM, SIGHUP and Ctrl-Z as calls on a thread of their own, from its making to its
/// end. One that is made while another lives hears them in its place.
class signals {
public:
  /// `on_signal` hears `SIGINT`, `SIGTERM`, `SIGHUP` or `baton cancel by USER`, and how many came
  /// before. `around_stop` is
  /// called with false before Ctrl-Z stops the process, and with true when it goes on; null: Ctrl-Z
  /// stops it unheard.
  signals(std::function<void(const std::string& name, int before)> on_signal,
          std::function<void(bool goes_on)> around_stop);
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;
  ~signals();

  /// Returns when each signal that has come before has been told of: what was asked for is known,
  /// and not only on its way. Not from within `on_signal`.
  void settle();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
