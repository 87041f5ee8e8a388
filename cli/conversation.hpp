#pragma once

#include "actors/host/link.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace baton {

/// One target, talked to from a command without any actors: a link on the calling thread.
class conversation {
public:
  conversation(std::shared_ptr<transport> over, link::options how);

  /// Connects, then has `request` made and waits for its answer: `request` is given the link and a
  /// function to be called with what came. Error: not reached, or no answer within the deadline.
  template <class T>
  expected<T> ask(std::function<void(link&, std::function<void(expected<T>)>)> request,
                  duration deadline) {
    std::optional<expected<T>> told;
    link_.when_ready([&](const expected<void>& how) {
      if (!how)
        told = tl::unexpected<error>{how.error()};
      else
        request(link_, [&told](expected<T> answer) { told = std::move(answer); });
    });
    run_until([&told] { return told.has_value(); }, deadline);
    if (!told)
      return unexpected(ec::timed_out, target_ + " did not answer in time");
    return *told;
  }

  link& at() { return link_; }
  timers clock();

  /// Lets everything happen that is due, until `done` or for so long.
  void run_until(const std::function<bool()>& done, duration longest);

private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<std::function<void()>> inbox_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> due_;
  std::string target_;
  link link_;
};

} // namespace baton
