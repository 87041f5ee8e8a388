#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace baton::ssh {

/// One thread with an epoll loop, timers and a queue of tasks. Everything of libssh happens on
/// it. `post` and `here` may be called from any thread, the rest only on the reactor's own.
class reactor {
public:
  using clock = std::chrono::steady_clock;
  using task = std::function<void()>;
  using io_handler = std::function<void(std::uint32_t events)>;
  using timer = std::uint64_t;    ///< 0 is no timer
  using watch_id = std::uint64_t; ///< 0 watches nothing

  reactor();
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;
  ~reactor();

  /// Starts the thread. The thread keeps `self` alive until it ends.
  static void start(const std::shared_ptr<reactor>& self);

  /// Runs `last` on the reactor's thread, then ends it. Waits for that unless called from it.
  void stop(task last);

  /// Queues a task; it is dropped when the reactor has ended. Returns at once.
  void post(task todo);

  /// Whether the caller runs on the reactor's thread.
  bool here() const noexcept;

  /// Calls `on` while `fd` is ready (level triggered); `fd` stays the caller's.
  watch_id watch(int fd, std::uint32_t events, io_handler on);
  void rearm(watch_id which, std::uint32_t events);
  /// Sets `which` to 0. The handler never runs after it. Also right when somebody (libssh) has
  /// closed the descriptor already and its number has gone to another.
  void forget(watch_id& which);

  timer after(clock::duration delay, task todo);
  timer at(clock::time_point when, task todo);
  /// Sets `which` to 0; does nothing for a timer that has fired.
  void cancel(timer& which);

private:
  struct watcher {
    int fd;
    std::uint32_t events;
    std::shared_ptr<io_handler> on;
  };

  void loop();
  void run_tasks();
  void run_timers();
  int wait_ms();

  int epoll_ = -1;
  int wake_ = -1;
  std::thread thread_;
  std::atomic<std::thread::id> id_{};
  bool ending_ = false; // the reactor's thread only

  std::mutex mutex_;
  std::vector<task> posted_;
  bool ended_ = false;

  std::uint64_t last_id_ = 0;
  std::unordered_map<watch_id, watcher> watchers_;
  std::unordered_map<int, watch_id> by_fd_; ///< who a descriptor's number belongs to now
  std::multimap<clock::time_point, std::pair<timer, task>> timers_;
  std::unordered_map<timer, clock::time_point> due_;
};

} // namespace baton::ssh
