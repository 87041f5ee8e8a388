#include "cli/signals.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <pwd.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

// The only things a signal handler may touch. A pipe, not a blocked mask: masks are inherited by
// the programs we start, handlers are not.
volatile std::sig_atomic_t wake_fd = -1;

constexpr int all_told = -1;

/// Small enough to be written and read as a whole.
struct heard_signal {
  int number = 0; ///< 0: the listener is to end; all_told: somebody waits for it to come here
  int order = 0;  ///< of `baton cancel`; 0: somebody else's signal
  uid_t from = 0; ///< with an order: who gave it
};

void on_raw_signal(int number, siginfo_t* about, void*) {
  const auto saved = errno;
  heard_signal what;
  what.number = number;
  if (number == SIGTERM && about && about->si_code == SI_QUEUE
      && (about->si_value.sival_int == cancel_in_order
          || about->si_value.sival_int == cancel_at_once)) {
    what.order = about->si_value.sival_int;
    what.from = about->si_uid;
  }
  [[maybe_unused]] const auto n = ::write(wake_fd, &what, sizeof what);
  errno = saved;
}

std::string giver_of(uid_t order) {
  const auto* entry = ::getpwuid(order);
  return "baton cancel by "
         + (entry && entry->pw_name ? std::string{entry->pw_name} : std::to_string(order));
}

} // namespace

struct signals::impl {
  int pipe[2] = {-1, -1};
  struct sigaction old_int {};
  struct sigaction old_term {};
  struct sigaction old_hup {};
  struct sigaction old_stop {};
  std::thread listener;
  std::sig_atomic_t outer_fd = -1; ///< of whoever heard them before
  std::atomic<int> settled = 0;    ///< how many all_told have come through
};

signals::signals(std::function<void(const std::string&, int)> on_signal,
                 std::function<void(bool)> around_stop)
    : impl_{std::make_unique<impl>()} {
  if (::pipe2(impl_->pipe, O_CLOEXEC) != 0)
    return; // without it the default action stands
  impl_->outer_fd = std::exchange(wake_fd, impl_->pipe[1]);
  const bool hears_stop = around_stop != nullptr;
  impl_->listener = std::thread{[fd = impl_->pipe[0], &settled = impl_->settled,
                                 tell = std::move(on_signal), around = std::move(around_stop)] {
    int before = 0;
    bool hung_up = false;
    while (true) {
      heard_signal what;
      const auto n = ::read(fd, &what, sizeof what);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0 || what.number == 0)
        return;
      if (what.number == all_told) {
        ++settled;
        settled.notify_all();
        continue;
      }
      if (what.number == SIGTSTP) {
        around(false);
        ::kill(::getpid(), SIGSTOP); // from here on as if nobody had heard it
        around(true);
        continue;
      }
      // A terminal that closes may send it twice, and a logout SIGTERM as well: no second wish.
      if (what.number == SIGHUP) {
        if (before == 0 && !std::exchange(hung_up, true))
          tell("SIGHUP", 0);
        continue;
      }
      if (what.order != 0) {
        const auto giver = giver_of(what.from);
        if (before++ == 0 && !hung_up)
          tell(giver, 0);
        if (what.order == cancel_at_once)
          tell(giver, before++);
        continue;
      }
      if (hung_up && before++ == 0)
        continue;
      tell(what.number == SIGINT ? "SIGINT" : "SIGTERM", before++);
    }
  }};
  struct sigaction handler {};
  handler.sa_sigaction = &on_raw_signal;
  handler.sa_flags = SA_RESTART | SA_SIGINFO;
  ::sigaction(SIGINT, &handler, &impl_->old_int);
  ::sigaction(SIGTERM, &handler, &impl_->old_term);
  ::sigaction(SIGHUP, nullptr, &impl_->old_hup);
  if (impl_->old_hup.sa_handler != SIG_IGN) // nohup
    ::sigaction(SIGHUP, &handler, nullptr);
  ::sigaction(SIGTSTP, hears_stop ? &handler : nullptr, &impl_->old_stop);
}

void signals::settle() {
  if (impl_->pipe[0] < 0)
    return;
  const int before = impl_->settled;
  heard_signal mark;
  mark.number = all_told;
  [[maybe_unused]] const auto n = ::write(impl_->pipe[1], &mark, sizeof mark);
  impl_->settled.wait(before);
}

signals::~signals() {
  if (impl_->pipe[0] < 0)
    return;
  ::sigaction(SIGINT, &impl_->old_int, nullptr);
  ::sigaction(SIGTERM, &impl_->old_term, nullptr);
  ::sigaction(SIGHUP, &impl_->old_hup, nullptr);
  ::sigaction(SIGTSTP, &impl_->old_stop, nullptr);
  wake_fd = impl_->outer_fd;
  const heard_signal end;
  [[maybe_unused]] const auto n = ::write(impl_->pipe[1], &end, sizeof end);
  impl_->listener.join();
  ::close(impl_->pipe[0]);
  ::close(impl_->pipe[1]);
}

} // namespace baton
