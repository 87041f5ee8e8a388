#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace baton::ssh {

/// Threads for what blocks and cannot be made not to (name look-up, the `ssh -G` child). At most
/// `threads_max` at once, started when needed. Tasks must end by themselves and must not throw.
class helper_threads {
public:
  explicit helper_threads(std::size_t threads_max);
  helper_threads(const helper_threads&) = delete;
  helper_threads& operator=(const helper_threads&) = delete;
  /// Drops what has not begun. Waits for idle threads; one that is stuck in a task is left behind
  /// to end by itself, so a task may own what it uses, but refer to nothing.
  ~helper_threads();

  /// `urgent`: before all that wait.
  void submit(std::function<void()> task, bool urgent = false);

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace baton::ssh
