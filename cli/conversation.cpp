#include "cli/conversation.hpp"

#include <algorithm>
#include <utility>

namespace baton {

using steady = std::chrono::steady_clock;

conversation::conversation(std::shared_ptr<transport> over, link::options how)
    : target_{how.to.name},
      link_{std::move(over), std::move(how), clock(), [this](std::function<void()> what) {
              {
                std::lock_guard lock{mutex_};
                inbox_.push_back(std::move(what));
              }
              posted_.notify_one();
            }} {}

timers conversation::clock() {
  timers made;
  made.now = [] { return std::chrono::duration_cast<duration>(steady::now().time_since_epoch()); };
  made.later = [this](duration wait, std::function<void()> what) {
    due_.emplace(steady::now() + wait, std::move(what));
  };
  return made;
}

void conversation::run_until(const std::function<bool()>& done, duration longest) {
  const auto end = steady::now() + longest;
  while (!done() && steady::now() < end) {
    std::vector<std::function<void()>> todo;
    {
      std::unique_lock lock{mutex_};
      const auto next = due_.empty() ? end : std::min(end, due_.begin()->first);
      posted_.wait_until(lock, next, [this] { return !inbox_.empty(); });
      todo = std::exchange(inbox_, {});
    }
    while (!due_.empty() && due_.begin()->first <= steady::now()) {
      todo.push_back(std::move(due_.begin()->second));
      due_.erase(due_.begin());
    }
    for (const auto& one : todo)
      one();
  }
}

} // namespace baton
