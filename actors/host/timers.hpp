#pragma once

#include "messages/time.hpp"

#include <functional>

namespace baton {

/// The host actor's clock, as its parts see it: everything runs on the actor's own thread.
struct timers {
  /// Has `what` called after `wait`, unless the actor ended before.
  std::function<void(duration wait, std::function<void()> what)> later;
  /// A clock that only goes forward.
  std::function<duration()> now;
};

} // namespace baton
