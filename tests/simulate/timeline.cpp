#include "tests/simulate/timeline.hpp"

#include <algorithm>
#include <utility>

namespace baton::simulate {

void timeline::after(duration wait, std::function<void()> what) {
  due_.push({now_ + std::max(wait, duration::zero()), count_++, std::move(what)});
}

std::optional<duration> timeline::next() const {
  return due_.empty() ? std::nullopt : std::optional{due_.top().when};
}

void timeline::move_to(duration when) {
  now_ = std::max(now_, when);
}

std::size_t timeline::happen() {
  std::size_t count = 0;
  while (!due_.empty() && due_.top().when <= now_) {
    const auto what = due_.top().what;
    due_.pop();
    what();
    ++count;
  }
  return count;
}

} // namespace baton::simulate
