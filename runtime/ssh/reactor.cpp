#include "runtime/ssh/reactor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

constexpr std::uint64_t wake_id = 0;
constexpr int idle_ms = 60'000;

// A handler that throws is a bug of ours; what it served ends by its deadline. The loop, which
// serves everybody else, goes on.
template <class F>
void guarded(F&& call) noexcept {
  try {
    call();
  } catch (...) {
  }
}

} // namespace

reactor::reactor()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = wake_id;
  if (epoll_ < 0 || wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
    const auto why = errno;
    if (epoll_ >= 0)
      ::close(epoll_);
    if (wake_ >= 0)
      ::close(wake_);
    throw std::system_error(why, std::generic_category(), "no epoll loop for ssh");
  }
}

reactor::~reactor() {
  if (thread_.joinable())
    thread_.detach(); // only when the last owner is the thread itself
  ::close(wake_);
  ::close(epoll_);
}

void reactor::start(const std::shared_ptr<reactor>& self) {
  self->thread_ = std::thread{[self] { self->loop(); }};
}

void reactor::stop(task last) {
  post([this, last = std::move(last)] {
    ending_ = true;
    last();
  });
  if (!here() && thread_.joinable())
    thread_.join();
}

void reactor::post(task todo) {
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    if (ended_)
      return;
    first = posted_.empty();
    posted_.push_back(std::move(todo));
  }
  if (first && !here()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  }
}

bool reactor::here() const noexcept {
  return id_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

reactor::watch_id reactor::watch(int fd, std::uint32_t events, io_handler on) {
  const auto id = ++last_id_;
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  watchers_[id] = {fd, events, std::make_shared<io_handler>(std::move(on))};
  by_fd_[fd] = id;
  return id;
}

void reactor::rearm(watch_id which, std::uint32_t events) {
  const auto found = watchers_.find(which);
  if (found == watchers_.end() || found->second.events == events
      || by_fd_[found->second.fd] != which)
    return;
  found->second.events = events;
  epoll_event event{};
  event.events = events;
  event.data.u64 = which;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, found->second.fd, &event);
}

void reactor::forget(watch_id& which) {
  const auto found = watchers_.find(std::exchange(which, 0));
  if (found == watchers_.end())
    return;
  const auto owner = by_fd_.find(found->second.fd);
  if (owner != by_fd_.end() && owner->second == found->first) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, found->second.fd, nullptr);
    by_fd_.erase(owner);
  }
  watchers_.erase(found);
}

reactor::timer reactor::after(clock::duration delay, task todo) {
  return at(clock::now() + delay, std::move(todo));
}

reactor::timer reactor::at(clock::time_point when, task todo) {
  const auto id = ++last_id_;
  timers_.emplace(when, std::pair{id, std::move(todo)});
  due_[id] = when;
  return id;
}

void reactor::cancel(timer& which) {
  const auto id = std::exchange(which, 0);
  const auto due = due_.find(id);
  if (due == due_.end())
    return;
  const auto [begin, end] = timers_.equal_range(due->second);
  const auto entry =
      std::find_if(begin, end, [id](const auto& one) { return one.second.first == id; });
  if (entry != end)
    timers_.erase(entry);
  due_.erase(due);
}

void reactor::loop() {
  id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  std::array<epoll_event, 256> events{};
  for (;;) {
    run_tasks();
    if (ending_)
      break;
    run_timers();
    const int ready =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < ready; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      const std::uint64_t id = event.data.u64; // packed by the kernel: nothing may refer to it
      if (id == wake_id) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(wake_, &count, sizeof count);
        continue;
      }
      // An earlier handler of this round may have forgotten this one.
      const auto found = watchers_.find(id);
      if (found == watchers_.end())
        continue;
      const auto handler = found->second.on;
      guarded([&] { (*handler)(event.events); });
    }
  }
  std::vector<task> dropped;
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    dropped.swap(posted_);
  }
  dropped.clear();
  watchers_.clear();
  by_fd_.clear();
  timers_.clear();
  due_.clear();
}

void reactor::run_tasks() {
  std::vector<task> tasks;
  {
    const std::lock_guard lock{mutex_};
    tasks.swap(posted_);
  }
  for (auto& todo : tasks) {
    guarded(todo);
    todo = nullptr;
  }
}

void reactor::run_timers() {
  const auto now = clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto todo = std::move(timers_.begin()->second.second);
    due_.erase(timers_.begin()->second.first);
    timers_.erase(timers_.begin());
    guarded(todo);
  }
}

int reactor::wait_ms() {
  {
    const std::lock_guard lock{mutex_};
    if (!posted_.empty())
      return 0;
  }
  if (timers_.empty())
    return idle_ms;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, idle_ms));
}

} // namespace baton::ssh
