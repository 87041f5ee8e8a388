#include "runtime/ssh/helper_threads.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace baton::ssh {

struct helper_threads::shared {
  struct worker {
    std::thread thread;
    bool busy = false;
  };

  std::size_t threads_max;
  std::mutex mutex;
  std::condition_variable change;
  std::deque<std::function<void()>> tasks;
  std::vector<std::unique_ptr<worker>> workers;
  std::size_t idle = 0;
  bool ending = false;

  static void work(const std::shared_ptr<shared>& self, worker* me) {
    std::unique_lock lock{self->mutex};
    for (;;) {
      ++self->idle;
      self->change.wait(lock, [&] { return self->ending || !self->tasks.empty(); });
      --self->idle;
      if (self->ending)
        return;
      auto task = std::move(self->tasks.front());
      self->tasks.pop_front();
      me->busy = true;
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
      if (self->ending)
        return; // `me` may be gone: it was given up while busy
      me->busy = false;
    }
  }
};

helper_threads::helper_threads(std::size_t threads_max) : shared_(std::make_shared<shared>()) {
  shared_->threads_max = threads_max;
}

helper_threads::~helper_threads() {
  std::vector<std::unique_ptr<shared::worker>> workers;
  {
    const std::lock_guard lock{shared_->mutex};
    shared_->ending = true;
    shared_->tasks.clear();
    workers.swap(shared_->workers);
    for (auto& one : workers)
      if (one->busy)
        one->thread.detach();
  }
  shared_->change.notify_all();
  for (auto& one : workers)
    if (one->thread.joinable())
      one->thread.join();
}

void helper_threads::submit(std::function<void()> task, bool urgent) {
  const std::lock_guard lock{shared_->mutex};
  shared_->tasks.insert(urgent ? shared_->tasks.begin() : shared_->tasks.end(), std::move(task));
  if (shared_->tasks.size() > shared_->idle && shared_->workers.size() < shared_->threads_max) {
    shared_->workers.push_back(std::make_unique<shared::worker>());
    auto* me = shared_->workers.back().get();
    me->thread = std::thread{[self = shared_, me] { shared::work(self, me); }};
  } else {
    shared_->change.notify_one();
  }
}

} // namespace baton::ssh
