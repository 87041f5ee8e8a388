#include "runtime/process.hpp"

#include "runtime/fault.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

extern char** environ; // NOLINT: POSIX has no header for it

namespace baton {

namespace {

using clock = std::chrono::steady_clock;

/// A descriptor that is closed with its owner.
class descriptor {
public:
  explicit descriptor(int number = -1) : number_{number} {}
  descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~descriptor() { close(); }
  void close() {
    if (number_ >= 0)
      ::close(std::exchange(number_, -1));
  }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

private:
  int number_;
};

struct pipe_pair {
  descriptor read, write;
};

std::optional<pipe_pair> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return std::nullopt;
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe_pair{descriptor{ends[0]}, descriptor{ends[1]}};
}

/// The input as a file in memory: no pipe to feed, no SIGPIPE when the child does not read it.
descriptor input_of(const std::string& text) {
  if (text.empty())
    return descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  descriptor file{::memfd_create("baton-input", MFD_CLOEXEC)};
  std::size_t written = 0;
  while (file && written < text.size()) {
    const auto n = ::write(file.get(), text.data() + written, text.size() - written);
    if (n < 0)
      return descriptor{};
    written += static_cast<std::size_t>(n);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::vector<std::string> environment_of(const std::map<std::string, std::string>& over) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view word{*entry};
    if (!over.contains(std::string{word.substr(0, word.find('='))}))
      all.emplace_back(word);
  }
  for (const auto& [name, value] : over)
    all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (auto& word : words)
    all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

/// posix_spawn's two attribute objects, so that every way out frees them.
struct spawn_setup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  spawn_setup() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;
  ~spawn_setup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
};

int spawn(pid_t& pid, const process_request& request, int in, int out, int err) {
  spawn_setup setup;
  ::posix_spawn_file_actions_adddup2(&setup.actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&setup.actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&setup.actions, err, 2);
  ::posix_spawn_file_actions_addclosefrom_np(&setup.actions, 3);
  if (!request.folder.empty())
    ::posix_spawn_file_actions_addchdir_np(&setup.actions, request.folder.c_str());
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&setup.attributes, &none);
  ::posix_spawnattr_setsigdefault(&setup.attributes, &all);
  ::posix_spawnattr_setpgroup(&setup.attributes, 0);
  ::posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF
                                                    | POSIX_SPAWN_SETSIGMASK);
  auto words = request.argv;
  auto variables = environment_of(request.env);
  const auto arguments = pointers(words);
  const auto environment = pointers(variables);
  return ::posix_spawnp(&pid, words.front().c_str(), &setup.actions, &setup.attributes,
                        arguments.data(), environment.data());
}

/// What a program prints on one of its two outputs.
class output {
public:
  output(descriptor pipe, const process_request& request, std::string& kept, bool& cut)
      : pipe_{std::move(pipe)}, most_{request.output_max}, kept_{kept}, cut_{cut} {
    if (request.secrets)
      redacted_.emplace(request.secrets);
  }
  output(const output&) = delete;
  output& operator=(const output&) = delete;
  ~output() {
    if (redacted_)
      keep(redacted_->finish());
  }

  int pipe() const { return pipe_.get(); } ///< negative when it is over

  /// Reads what is there.
  void drain() {
    std::array<char, 16384> piece; // NOLINT: filled by read
    while (pipe_) {
      const auto n = ::read(pipe_.get(), piece.data(), piece.size());
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        pipe_.close();
      if (n <= 0)
        return;
      const std::string_view text{piece.data(), static_cast<std::size_t>(n)};
      keep(redacted_ ? redacted_->push(text) : std::string{text});
      if (text.size() < piece.size())
        return;
    }
  }

private:
  void keep(std::string_view text) {
    const auto room = most_ - std::min(most_, kept_.size());
    kept_ += text.substr(0, room);
    cut_ = cut_ || text.size() > room;
  }

  descriptor pipe_;
  std::optional<redacted_stream> redacted_;
  std::size_t most_;
  std::string& kept_;
  bool& cut_;
};

int milliseconds_until(clock::time_point when) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

/// Reads and waits until the child has ended, killing its group when time is up.
void attend(const process_request& request, pid_t pid, int child, int stop, output& out,
            output& err, process_end& end) {
  auto due = clock::now() + request.deadline;
  bool told = false; // TERM was sent
  for (;;) {
    // poll ignores negative descriptors: those that are over.
    std::array<pollfd, 4> watched{{{child, POLLIN, 0},
                                   {out.pipe(), POLLIN, 0},
                                   {err.pipe(), POLLIN, 0},
                                   {told ? -1 : stop, POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), milliseconds_until(due));
    if (watched[1].revents != 0)
      out.drain();
    if (watched[2].revents != 0)
      err.drain();
    if (watched[0].revents != 0)
      return;
    const bool stopped = watched[3].revents != 0;
    const bool too_much = request.ends_when_cut && end.cut && !told;
    if (stopped || too_much || clock::now() >= due) {
      if (!told && !too_much)
        (stopped ? end.cancelled : end.deadline_hit) = true;
      ::kill(-pid, std::exchange(told, true) ? SIGKILL : SIGTERM);
      due = clock::now() + request.grace;
    }
  }
}

} // namespace

expected<process_end> run_process(const process_request& request) {
  const auto name = request.argv.empty() ? std::string{} : request.argv.front();
  const auto cannot = [&](int why, const char* doing) {
    return fault(why == ENOENT ? ec::missing_tool : ec::internal,
                 "cannot " + std::string{doing} + " `" + name + "`"
                     + (request.folder.empty() ? "" : " in " + request.folder) + ": "
                     + std::generic_category().message(why));
  };
  if (name.empty())
    return fault(ec::internal, "no program was named");
  auto out = make_pipe();
  auto err = make_pipe();
  const descriptor in = input_of(request.input);
  const descriptor stop{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!out || !err || !in || !stop)
    return cannot(errno, "make the pipes for");
  const std::stop_callback on_stop{request.cancel, [&] { ::eventfd_write(stop.get(), 1); }};

  pid_t pid = 0;
  if (const int why = spawn(pid, request, in.get(), out->write.get(), err->write.get()); why != 0)
    return cannot(why, "start");
  out->write.close();
  err->write.close();
  const descriptor child{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  process_end end;
  {
    output said{std::move(out->read), request, end.out, end.cut};
    output complained{std::move(err->read), request, end.err, end.cut};
    if (!child)
      ::kill(-pid, SIGKILL);
    else
      attend(request, pid, child.get(), stop.get(), said, complained, end);
    // The last words, when a grandchild keeps the pipe open or they came with the end.
    said.drain();
    complained.drain();
  }
  // Not reaped yet, so the group's number is still ours.
  if (end.deadline_hit || end.cancelled || (request.ends_when_cut && end.cut))
    ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status))
    end.exit = WEXITSTATUS(status);
  else
    end.signal = signal_name(WTERMSIG(status));
  return end;
}

std::string last_lines(std::string_view output, std::size_t bytes) {
  constexpr std::string_view blank = " \t\r\n";
  const auto end = output.find_last_not_of(blank);
  if (end == std::string_view::npos)
    return {};
  output = output.substr(0, end + 1);
  if (output.size() > bytes) {
    output.remove_prefix(output.size() - bytes);
    // From a line's start if there is one, else from a character's.
    if (const auto line = output.find('\n'); line != std::string_view::npos)
      output.remove_prefix(line + 1);
    while (!output.empty() && (static_cast<unsigned char>(output.front()) & 0xC0U) == 0x80U)
      output.remove_prefix(1);
  }
  std::string joined;
  while (!output.empty()) {
    const auto line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(line.size() + 1, output.size()));
    const auto from = line.find_first_not_of(blank);
    if (from == line.npos)
      continue;
    joined += joined.empty() ? "" : "; ";
    joined += line.substr(from, line.find_last_not_of(blank) + 1 - from);
  }
  return joined;
}

std::optional<error> failure_of(const process_end& end, ec code, std::string doing) {
  if (end.ok())
    return std::nullopt;
  auto what = std::move(doing);
  if (end.deadline_hit) {
    code = ec::timed_out;
    what += " did not end in time";
  } else if (end.cancelled) {
    code = ec::cancelled;
    what += " was stopped";
  } else if (!end.signal.empty()) {
    what += " was killed by SIG" + end.signal;
  } else {
    what += " ended with status " + std::to_string(end.exit.value_or(-1));
  }
  if (const auto said = last_lines(end.err.empty() ? end.out : end.err); !said.empty())
    what += ": " + said;
  return make_error(code, std::move(what));
}

} // namespace baton
