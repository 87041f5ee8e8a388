#include "rules/backoff.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace baton {

duration backoff(const retry_policy& by, int failed, double dice) {
  const auto cap = static_cast<double>(by.cap.count());
  // The power may be infinite; the cap is not.
  const auto full =
      std::min(cap, static_cast<double>(by.base.count()) * std::pow(by.factor, failed - 1));
  const auto drawn = by.jitter ? full * (0.5 + dice / 2) : full;
  return duration{static_cast<duration::rep>(drawn)};
}

double spread(double dice, std::size_t nth) {
  // Multiples of the golden ratio lie evenly in the unit interval.
  const auto moved = dice + static_cast<double>(nth) * 0.6180339887498949;
  return moved - std::floor(moved);
}

} // namespace baton
