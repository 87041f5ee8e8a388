#pragma once

#include "messages/time.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>

namespace baton::simulate {

/// The one clock of a simulated world, and what is due when. What is due at the same moment happens
/// in the order in which it was planned.
class timeline {
public:
  duration now() const { return now_; }

  void after(duration wait, std::function<void()> what);

  std::optional<duration> next() const;

  /// Moves the clock, not backwards; nothing happens by that alone.
  void move_to(duration when);

  /// Everything that is due by now. Answers how many things that were.
  std::size_t happen();

private:
  duration now_{1'800'000'000'000};
  std::multimap<duration, std::function<void()>> due_;
};

} // namespace baton::simulate
