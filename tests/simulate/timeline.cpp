#include "tests/simulate/timeline.hpp"

#include <algorithm>
#include <utility>

namespace baton::simulate {

void timeline::after(duration wait, std::function<void()> what) {
  due_.emplace(now_ + std::max(wait, duration::zero()), std::move(what));
}

std::optional<duration> timeline::next() const {
  return due_.empty() ? std::nullopt : std::optional{due_.begin()->first};
}

void timeline::move_to(duration when) {
  now_ = std::max(now_, when);
}

std::size_t timeline::happen() {
  std::size_t count = 0;
  while (!due_.empty() && due_.begin()->first <= now_) {
    due_.extract(due_.begin()).mapped()();
    ++count;
  }
  return count;
}

} // namespace baton::simulate
