#include "runtime/child_process.hpp"

#include "runtime/fault.hpp"
#include "runtime/signal_name.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace baton {

namespace {

constexpr int reap_patience_ms = 1000; // a killed child is gone at once, unless the kernel holds it

struct pipe_ends {
  descriptor read;
  descriptor write;
};

expected<pipe_ends> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fault(ec::internal, std::string{"no pipe can be made: "} + std::strerror(errno));
  return pipe_ends{descriptor{ends[0]}, descriptor{ends[1]}};
}

} // namespace

class child_process::spawn_plan {
public:
  spawn_plan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t all;
    sigfillset(&all);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    constexpr int flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  }
  spawn_plan(const spawn_plan&) = delete;
  spawn_plan& operator=(const spawn_plan&) = delete;
  ~spawn_plan() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void descriptor::reset() noexcept {
  if (fd_ >= 0)
    ::close(fd_);
  fd_ = -1;
}

int descriptor::release() noexcept {
  return std::exchange(fd_, -1);
}

expected<child_process> child_process::spawn(const std::string& command) {
  auto in = make_pipe();
  auto out = make_pipe();
  for (const auto* made : {&in, &out})
    if (!*made)
      return tl::unexpected<error>{made->error()};
  spawn_plan plan;
  posix_spawn_file_actions_addchdir_np(&plan.actions, "/");
  auto child = start(plan, "/bin/sh", command, in->read.get(), out->write.get());
  if (!child)
    return child;
  child->in = std::move(in->write);
  child->out = std::move(out->read);
  for (const auto* end : {&child->in, &child->out})
    ::fcntl(end->get(), F_SETFL, O_NONBLOCK);
  return child;
}

expected<child_process> child_process::spawn_on(int socket, const std::string& shell,
                                                const std::string& command) {
  spawn_plan plan;
  return start(plan, shell, command, socket, socket);
}

expected<child_process> child_process::start(spawn_plan& plan, std::string shell,
                                             std::string command, int in, int out) {
  auto err = make_pipe();
  if (!err)
    return tl::unexpected<error>{err.error()};
  posix_spawn_file_actions_adddup2(&plan.actions, in, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, out, 1);
  posix_spawn_file_actions_adddup2(&plan.actions, err->write.get(), 2);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3);
  std::string option = "-c";
  const std::array<char*, 4> argv{shell.data(), option.data(), command.data(), nullptr};
  child_process child;
  if (const int why = ::posix_spawn(&child.pid_, shell.c_str(), &plan.actions, &plan.attributes,
                                    argv.data(), environ);
      why != 0)
    return fault(ec::internal, shell + " cannot be started: " + std::strerror(why));
  // The C library's pidfd_open has no C linkage in its header before 2.37. It closes on exec.
  child.pidfd_ = descriptor{static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0))};
  if (!child.pidfd_)
    return fault(ec::internal, std::string{"a child cannot be watched: "} + std::strerror(errno));
  child.err = std::move(err->read);
  ::fcntl(child.err.get(), F_SETFL, O_NONBLOCK);
  return child;
}

child_process::child_process(child_process&& other) noexcept
    : in{std::move(other.in)},
      out{std::move(other.out)},
      err{std::move(other.err)},
      pid_{std::exchange(other.pid_, -1)},
      pidfd_{std::move(other.pidfd_)} {}

child_process::~child_process() {
  if (pid_ <= 0)
    return;
  // The number cannot have been given to another yet: it is reaped only here.
  ::kill(-pid_, SIGKILL);
  pollfd ended{pidfd_.get(), POLLIN, 0};
  if (!pidfd_ || ::poll(&ended, 1, reap_patience_ms) == 1)
    ::waitpid(pid_, nullptr, 0);
}

child_end child_process::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    const auto name = signal_name(number);
    return {-1, name.empty() ? std::to_string(number) : std::string{name}};
  }
  return {WEXITSTATUS(status), {}};
}

} // namespace baton
