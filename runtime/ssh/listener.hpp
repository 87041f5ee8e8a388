#pragma once

#include "runtime/transport.hpp"

#include <mutex>
#include <utility>

namespace baton::ssh {

/// Stands between the reactor and a session's sink, so that nothing is heard after `close` has
/// returned. The sink itself may close it.
class listener {
public:
  explicit listener(transport_sink sink) : sink_(std::move(sink)) {}

  /// On the reactor's thread. A sink that throws, against its contract, is not called again.
  void tell(transport_event_t event) noexcept {
    const std::lock_guard lock{mutex_};
    if (closed_)
      return;
    telling_ = true;
    try {
      sink_(std::move(event));
    } catch (...) {
      closed_ = true;
    }
    telling_ = false;
    if (closed_)
      sink_ = nullptr;
  }

  /// From any thread; waits for a call in progress, unless made from within it.
  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    if (!telling_)
      sink_ = nullptr;
  }

private:
  std::recursive_mutex mutex_;
  transport_sink sink_;
  bool telling_ = false;
  bool closed_ = false;
};

} // namespace baton::ssh
