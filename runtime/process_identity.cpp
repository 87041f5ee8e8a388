#include "runtime/process_identity.hpp"

#include "runtime/fault.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

std::string proc_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string kernel_boot() {
  const auto text = proc_text("/proc/sys/kernel/random/boot_id");
  return text.substr(0, text.find('\n'));
}

std::string own_pid_space() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/ns/pid", none).string();
}

struct process_stat {
  std::string state;
  std::uint64_t start_ticks = 0;
};

/// Fields 3 and 22 of /proc/PID/stat. The name before them may hold anything.
std::optional<process_stat> stat_of(const std::string& pid) {
  const auto stat = proc_text("/proc/" + pid + "/stat");
  const auto end = stat.rfind(')');
  if (end == std::string::npos)
    return std::nullopt;
  std::istringstream rest{stat.substr(end + 1)};
  process_stat made;
  rest >> made.state;
  std::string skipped;
  for (int number = 4; number < 22; ++number)
    rest >> skipped;
  rest >> made.start_ticks;
  return made;
}

bool is_known_here(const process_identity& who) {
  return who.pid > 0 && who.start_ticks > 0 && !who.boot_id.empty() && !who.pid_space.empty()
         && who.boot_id == kernel_boot() && who.pid_space == own_pid_space();
}

tl::unexpected<error> no_such(const process_identity& who) {
  return fault(ec::unreachable, "process " + std::to_string(who.pid) + " is gone");
}

} // namespace

process_identity this_process() {
  return {::getpid(), stat_of("self").value_or(process_stat{}).start_ticks, kernel_boot(),
          own_pid_space()};
}

owner_process fate_of(const process_identity& who) {
  if (!is_known_here(who))
    return owner_process::elsewhere;
  // Asked first: another user's processes may be hidden in /proc, not from this.
  if (::kill(who.pid, 0) != 0 && errno == ESRCH)
    return owner_process::gone;
  const auto now = stat_of(std::to_string(who.pid));
  if (!now)
    return owner_process::lives;
  const bool is_dead =
      now->state == "Z" || now->state == "X" || now->start_ticks != who.start_ticks;
  return is_dead ? owner_process::gone : owner_process::lives;
}

expected<process_handle> process_handle::open(const process_identity& who) {
  if (!is_known_here(who))
    return fault(ec::unreachable, "process " + std::to_string(who.pid)
                                      + " is not of this machine, or of another container on it");
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, who.pid, 0));
  if (descriptor < 0) {
    if (errno == ESRCH || errno == EINVAL)
      return no_such(who);
    return fault(ec::internal,
                 std::string{"a process cannot be held on to here: "} + std::strerror(errno));
  }
  process_handle made{descriptor, who.pid};
  // The number may have been given anew before it was held; from now on it cannot be.
  const auto now = stat_of(std::to_string(who.pid));
  if (!now || now->start_ticks != who.start_ticks || made.ends_within(duration{0}))
    return no_such(who);
  return made;
}

process_handle::process_handle(int descriptor, pid_t pid) : descriptor_{descriptor}, pid_{pid} {}

process_handle::process_handle(process_handle&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, pid_{other.pid_} {}

process_handle& process_handle::operator=(process_handle&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(pid_, other.pid_);
  return *this;
}

process_handle::~process_handle() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

expected<void> process_handle::send(int signal, int value) const {
  siginfo_t what{};
  what.si_signo = signal;
  what.si_code = SI_QUEUE;
  what.si_pid = ::getpid();
  what.si_uid = ::getuid();
  what.si_value.sival_int = value;
  if (::syscall(SYS_pidfd_send_signal, descriptor_, signal, &what, 0) == 0)
    return {};
  if (errno == EPERM)
    return fault(ec::auth_failed, "the process belongs to another user");
  return fault(ec::unreachable, std::string{"the process is gone: "} + std::strerror(errno));
}

bool process_handle::ends_within(duration time) const {
  struct pollfd asked {};
  asked.fd = descriptor_;
  asked.events = POLLIN;
  return ::poll(&asked, 1, static_cast<int>(time.count())) > 0;
}

bool process_handle::is_stopped() const {
  const auto now = stat_of(std::to_string(pid_));
  return now && (now->state == "T" || now->state == "t") && !ends_within(duration{0});
}

} // namespace baton
