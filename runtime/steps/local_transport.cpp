#include "runtime/steps/local_transport.hpp"

#include "runtime/child_process.hpp"
#include "runtime/fault.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace baton {

namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t first_credit = 1024 * 1024;
constexpr std::size_t piece_max = 32 * 1024;

struct channel {
  explicit channel(child_process started) : child{std::move(started)} {}

  child_process child;
  std::deque<std::string> unsent;
  std::size_t sent = 0; ///< of the first of `unsent`
  bool end_wanted = false;
  std::size_t credit = first_credit;
  std::optional<steady::time_point> deadline;
  std::optional<child_end> end; ///< set when the child has ended; its last output may be unread
};

/// What a session's thread owns, and the mailbox through which others ask it.
class local_loop {
public:
  explicit local_loop(transport_sink sink) : sink_{std::move(sink)} {}

  void ask(std::function<void(local_loop&)> what) {
    {
      const std::lock_guard lock{mutex_};
      asked_.push_back(std::move(what));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto done = ::write(wake_.get(), &one, sizeof one);
  }

  void run();
  void stop() { stopping_ = true; }

  void open(channel_id id, const std::string& command, milliseconds deadline);
  void write(channel_id id, std::string bytes);
  void write_end(channel_id id);
  void credit(channel_id id, std::size_t bytes);
  void cancel(channel_id id);

private:
  void take_requests();
  void wait();
  void serve(channel_id id, channel& of);
  void send(channel& of) const;
  bool read(channel_id id, channel& of, descriptor& from, bool is_stderr);
  void end(channel_id id, transport_event::ended how);
  void say(transport_event_t what);

  transport_sink sink_;
  descriptor wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::map<channel_id, channel> channels_;
  bool stopping_ = false;
  std::mutex mutex_;
  std::deque<std::function<void(local_loop&)>> asked_;
};

void local_loop::say(transport_event_t what) {
  if (!stopping_)
    sink_(std::move(what));
}

void local_loop::run() {
  say(transport_event::connected{});
  while (!stopping_) {
    wait();
    take_requests();
    std::vector<channel_id> ids;
    for (const auto& [id, of] : channels_)
      ids.push_back(id);
    for (const auto id : ids)
      if (const auto found = channels_.find(id); found != channels_.end() && !stopping_)
        serve(id, found->second);
  }
  channels_.clear();
}

void local_loop::take_requests() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
  std::deque<std::function<void(local_loop&)>> asked;
  {
    const std::lock_guard lock{mutex_};
    asked.swap(asked_);
  }
  for (auto& what : asked)
    if (!stopping_)
      what(*this);
}

void local_loop::wait() {
  std::vector<pollfd> polled{{wake_.get(), POLLIN, 0}};
  auto until = steady::time_point::max();
  for (const auto& [id, of] : channels_) {
    if (of.deadline)
      until = std::min(until, *of.deadline);
    if (!of.end)
      polled.push_back({of.child.ended_fd(), POLLIN, 0});
    if (of.child.in && !of.unsent.empty())
      polled.push_back({of.child.in.get(), POLLOUT, 0});
    if (of.credit > 0)
      for (const auto* end : {&of.child.out, &of.child.err})
        if (*end)
          polled.push_back({end->get(), POLLIN, 0});
  }
  int timeout = -1;
  if (until != steady::time_point::max()) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady::now()).count();
    timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }
  ::poll(polled.data(), polled.size(), timeout);
}

void local_loop::serve(channel_id id, channel& of) {
  if (of.deadline && steady::now() >= *of.deadline) {
    auto why = make_error(ec::timed_out, "the command did not end in time", "controller");
    end(id, {id, {}, {}, std::make_shared<const error>(std::move(why))});
    return;
  }
  if (!of.end) {
    pollfd ended{of.child.ended_fd(), POLLIN, 0};
    if (::poll(&ended, 1, 0) == 1)
      of.end = of.child.reap();
  }
  send(of);
  // What it printed before its end is in the pipes by now; what a grandchild still may print is
  // not waited for.
  const bool all_out = read(id, of, of.child.out, false);
  const bool all_err = read(id, of, of.child.err, true);
  if (!of.end || !all_out || !all_err)
    return;
  transport_event::ended how{id, {}, of.end->signal, nullptr};
  if (of.end->signal.empty())
    how.status = of.end->status;
  end(id, std::move(how));
}

void local_loop::send(channel& of) const {
  while (of.child.in && !of.unsent.empty()) {
    const auto& first = of.unsent.front();
    const auto sent = ::write(of.child.in.get(), first.data() + of.sent, first.size() - of.sent);
    if (sent >= 0) {
      of.sent += static_cast<std::size_t>(sent);
      if (of.sent == first.size()) {
        of.unsent.pop_front();
        of.sent = 0;
      }
    } else if (errno != EINTR) {
      if (errno != EAGAIN) { // it does not read any more
        of.unsent.clear();
        of.child.in.reset();
      }
      return;
    }
  }
  if (of.end_wanted)
    of.child.in.reset();
}

/// True when nothing more is to be had now.
bool local_loop::read(channel_id id, channel& of, descriptor& from, bool is_stderr) {
  std::array<char, piece_max> bytes; // NOLINT: filled by read
  while (from && !stopping_) {
    if (of.credit == 0) {
      // Whether anything is left decides only about the end.
      pollfd more{from.get(), POLLIN, 0};
      return ::poll(&more, 1, 0) != 1 || (more.revents & POLLIN) == 0;
    }
    const auto got = ::read(from.get(), bytes.data(), std::min(bytes.size(), of.credit));
    if (got > 0) {
      const auto count = static_cast<std::size_t>(got);
      of.credit -= count;
      say(transport_event::output{id, is_stderr, std::string{bytes.data(), count}});
    } else if (got == 0) {
      from.reset();
    } else if (errno != EINTR) {
      return true;
    }
  }
  return true;
}

void local_loop::end(channel_id id, transport_event::ended how) {
  channels_.erase(id);
  say(std::move(how));
}

void local_loop::open(channel_id id, const std::string& command, milliseconds deadline) {
  auto child = child_process::spawn(command);
  if (!child) {
    say(transport_event::ended{id, {}, {}, std::make_shared<const error>(child.error())});
    return;
  }
  auto& of = channels_.emplace(id, std::move(*child)).first->second;
  if (deadline > milliseconds::zero())
    of.deadline = steady::now() + deadline;
}

void local_loop::write(channel_id id, std::string bytes) {
  if (bytes.empty())
    return;
  if (const auto found = channels_.find(id); found != channels_.end())
    if (auto& of = found->second; of.child.in && !of.end_wanted) {
      of.unsent.push_back(std::move(bytes));
      send(of);
    }
}

void local_loop::write_end(channel_id id) {
  if (const auto found = channels_.find(id); found != channels_.end()) {
    found->second.end_wanted = true;
    send(found->second);
  }
}

void local_loop::credit(channel_id id, std::size_t bytes) {
  if (const auto found = channels_.find(id); found != channels_.end())
    found->second.credit += bytes;
}

void local_loop::cancel(channel_id id) {
  if (!channels_.contains(id))
    return;
  auto why = make_error(ec::cancelled, "the channel was closed", "controller");
  end(id, {id, {}, {}, std::make_shared<const error>(std::move(why))});
}

class local_session final : public session {
public:
  explicit local_session(transport_sink sink)
      : loop_{std::make_shared<local_loop>(std::move(sink))} {
    thread_ = std::thread{[loop = loop_] {
      // A pipe that nobody reads any more is an error of write, and signals are for main.
      sigset_t all;
      sigfillset(&all);
      ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
      loop->run();
    }};
  }

  ~local_session() override {
    loop_->ask([](local_loop& loop) { loop.stop(); });
    if (thread_.get_id() != std::this_thread::get_id()) {
      thread_.join();
      return;
    }
    // From inside the sink: the thread ends by itself, and says nothing more.
    loop_->stop();
    thread_.detach();
  }

  channel_id run(std::string command, milliseconds deadline) override {
    const auto id = next_++;
    loop_->ask(
        [=, command = std::move(command)](local_loop& loop) { loop.open(id, command, deadline); });
    return id;
  }

  void write(channel_id id, std::string bytes) override {
    loop_->ask([id, bytes = std::move(bytes)](local_loop& loop) mutable {
      loop.write(id, std::move(bytes));
    });
  }

  void write_end(channel_id id) override {
    loop_->ask([id](local_loop& loop) { loop.write_end(id); });
  }

  void credit(channel_id id, std::size_t bytes) override {
    loop_->ask([=](local_loop& loop) { loop.credit(id, bytes); });
  }

  void cancel(channel_id id) override {
    loop_->ask([id](local_loop& loop) { loop.cancel(id); });
  }

private:
  std::shared_ptr<local_loop> loop_;
  std::thread thread_;
  std::atomic<channel_id> next_{1};
};

} // namespace

std::unique_ptr<session> local_transport::open(const endpoint& /*to*/, transport_sink sink,
                                               std::chrono::milliseconds /*deadline*/) {
  return std::make_unique<local_session>(std::move(sink));
}

} // namespace baton
