#include "rig.hpp"

#include "runtime/shell_quote.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace baton::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr std::array tools{"mkdir", "dd",  "ln",   "mv",  "rm",     "rmdir",  "sync", "sleep",
                           "ls",    "id",  "wc",   "cat", "grep",   "setsid", "tr",   "readlink",
                           "seq",   "yes", "head", "env", "printf", "chmod",  "date", "nohup"};

std::string read_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// What a supervisor that was killed could not remove itself.
void remove_cgroup(const std::string& name) {
  std::ifstream lines{"/proc/self/cgroup"};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::"))
      for (const std::string root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
        ::rmdir((root + line.substr(3) + "/" + name).c_str());
}

} // namespace

host_rig::host_rig(std::string shell) : shell_{std::move(shell)} {
  std::string made = (fs::temp_directory_path() / "baton-host-XXXXXX").string();
  if (!::mkdtemp(made.data()))
    throw std::runtime_error("no temporary folder");
  folder_ = made;
  fs::create_directories(home());
  fs::create_directories(folder_ / "bin");
  for (const std::string folder : {"/usr/bin/", "/bin/"})
    if (fs::exists(folder + shell_) && !fs::exists(folder_ / "bin/sh"))
      fs::create_symlink(folder + shell_, folder_ / "bin/sh");
  if (shell_ == "busybox")
    for (const auto* tool : tools)
      fs::create_symlink("/usr/bin/busybox", folder_ / "bin" / tool);
}

std::vector<std::string> host_rig::environment() const {
  return {"PATH=" + (folder_ / "bin").string() + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
          "HOME=" + home().string(), "RIG=" + folder_.string()};
}

std::vector<pid_t> host_rig::processes() const {
  const auto mark = "RIG=" + folder_.string();
  std::vector<pid_t> found;
  std::error_code fault;
  for (const auto& entry : fs::directory_iterator{"/proc", fault}) {
    const auto name = entry.path().filename().string();
    if (!std::isdigit(static_cast<unsigned char>(name[0])))
      continue;
    // A process that is no more, or a zombie, has no environment.
    if (const auto env = read_file(entry.path() / "environ"); env.find(mark) != std::string::npos)
      found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

host_rig::~host_rig() {
  for (int round = 0; round < 20; ++round) {
    const auto left = processes();
    if (left.empty())
      break;
    for (const auto pid : left)
      ::kill(pid, SIGKILL);
  }
  std::error_code fault;
  for (const auto& entry : fs::recursive_directory_iterator{
           folder_, fs::directory_options::skip_permission_denied, fault})
    if (fs::exists(entry.path() / "sup", fault))
      remove_cgroup("baton." + entry.path().filename().string());
  fs::remove_all(folder_, fault);
}

conversation::conversation(const host_rig& host) : conversation{host, options{}} {}

conversation::conversation(const host_rig& host, options how) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
  const auto shell = (host.folder() / "bin/sh").string();
  const std::string command = how.command.empty() ? "exec " + shell : how.command;
  std::vector<std::string> words{"/bin/sh", "-c", command};
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  auto environment = host.environment();
  std::vector<char*> envp;
  for (auto& variable : environment)
    if (std::none_of(how.unset.begin(), how.unset.end(),
                     [&](const auto& name) { return variable.starts_with(name + "="); }))
      envp.push_back(variable.data());
  envp.push_back(nullptr);
  const int failed =
      ::posix_spawn(&pid_, "/bin/sh", &actions, &attributes, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(in[0]);
  ::close(out[1]);
  in_ = in[1];
  out_ = out[0];
  if (failed != 0)
    throw std::runtime_error("no child");
  ::fcntl(in_, F_SETFL, O_NONBLOCK);
  ::fcntl(out_, F_SETFL, O_NONBLOCK);
  ::signal(SIGPIPE, SIG_IGN);
  control_shell::options shell_options;
  shell_options.state_dir = how.state_dir.empty()  ? host.state().string()
                            : how.state_dir == "-" ? std::string{}
                                                   : how.state_dir;
  shell_options.target = "rig";
  shell_ = std::make_unique<control_shell>(shell_options);
  shell_->on_step_over([this](const std::string& id) { hints.push_back(id); });
  if (!how.greet)
    return;
  send(shell_->bootstrap([this](expected<shell_facts> got) { facts_ = std::move(got); }));
  if (!until([this] { return facts_.has_value(); }))
    facts_ = unexpected(ec::timed_out, "the shell did not become ready");
}

conversation::~conversation() {
  kill();
  ::close(out_);
}

void conversation::kill() {
  close_input();
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
}

void conversation::close_input() {
  if (in_ >= 0)
    ::close(in_);
  in_ = -1;
}

void conversation::send(std::string_view bytes) {
  unsent_ += bytes;
  until([this] { return unsent_.empty(); });
}

bool conversation::until(const std::function<bool()>& holds, std::chrono::milliseconds within) {
  const auto deadline = clock::now() + within;
  while (!holds()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    if (left <= 0ms)
      return false;
    std::array<pollfd, 2> polled{
        {{ended_ ? -1 : out_, POLLIN, 0}, {unsent_.empty() ? -1 : in_, POLLOUT, 0}}};
    ::poll(polled.data(), 2,
           static_cast<int>(std::min(left, std::chrono::milliseconds{50}).count()));
    if (polled[0].revents != 0) {
      std::array<char, 32768> bytes{};
      const auto got = ::read(out_, bytes.data(), bytes.size());
      if (got > 0) {
        shell_->feed({bytes.data(), static_cast<std::size_t>(got)});
      } else if (got == 0) {
        ended_ = true;
        error why;
        why.code = ec::connection_lost;
        why.what = "the control shell ended";
        shell_->lost(why);
      }
    }
    if (polled[1].revents != 0) {
      const auto sent = ::write(in_, unsent_.data(), unsent_.size());
      if (sent > 0)
        unsent_.erase(0, static_cast<std::size_t>(sent));
      else if (sent < 0 && errno != EAGAIN)
        unsent_.clear();
    }
  }
  return true;
}

expected<step_report> conversation::start(const step_start& what) {
  return ask<step_report>([&](auto answer) { return shell_->start(what, std::move(answer)); });
}

expected<step_report> conversation::poll(const std::string& id, std::uint64_t from,
                                         std::uint32_t most) {
  return ask<step_report>(
      [&](auto answer) { return shell_->poll(id, from, most, std::move(answer)); });
}

expected<step_report> conversation::kill_step(const std::string& id) {
  return ask<step_report>([&](auto answer) { return shell_->kill(id, std::move(answer)); });
}

expected<step_facts_text> conversation::read_facts(const std::string& id) {
  return ask<step_facts_text>(
      [&](auto answer) { return shell_->read_facts(id, std::move(answer)); });
}

expected<void> conversation::forget(const std::string& id) {
  return ask<void>([&](auto answer) { return shell_->forget(id, std::move(answer)); });
}

expected<std::vector<step_entry>> conversation::list(const std::string& run) {
  return ask<std::vector<step_entry>>(
      [&](auto answer) { return shell_->list(run, std::move(answer)); });
}

expected<std::uint32_t> conversation::prune(std::uint32_t keep) {
  return ask<std::uint32_t>([&](auto answer) { return shell_->prune(keep, std::move(answer)); });
}

expected<lease_report> conversation::acquire(const std::string& run, std::uint64_t at_least,
                                             bool again) {
  return ask<lease_report>([&](auto answer) {
    return shell_->lease_acquire({run, R"({"user":"me","pid":1})", at_least, again},
                                 std::move(answer));
  });
}

expected<lease_report> conversation::take(const std::string& run, const std::string& from,
                                          std::uint64_t fence, std::uint64_t silent_seconds) {
  return ask<lease_report>([&](auto answer) {
    return shell_->lease_take({{run, R"({"user":"me","pid":1})", 0}, from, fence, silent_seconds},
                              std::move(answer));
  });
}

expected<void> conversation::ended(const std::string& run, std::uint64_t fence,
                                   const std::string& old_run) {
  return ask<void>(
      [&](auto answer) { return shell_->lease_ended(run, fence, old_run, std::move(answer)); });
}

expected<void> conversation::heartbeat(const std::string& run, std::uint64_t fence,
                                       const std::string& owner) {
  return ask<void>(
      [&](auto answer) { return shell_->lease_heartbeat(run, fence, owner, std::move(answer)); });
}

expected<void> conversation::release(const std::string& run, std::uint64_t fence) {
  return ask<void>(
      [&](auto answer) { return shell_->lease_release(run, fence, std::move(answer)); });
}

expected<lease_report> conversation::show() {
  return ask<lease_report>([&](auto answer) { return shell_->lease_show(std::move(answer)); });
}

expected<lease_report> conversation::break_lease(const std::string& run, std::uint64_t fence) {
  return ask<lease_report>(
      [&](auto answer) { return shell_->lease_break(std::move(answer), run, fence); });
}

step_report conversation::finish(const std::string& id, std::chrono::milliseconds within) {
  const auto deadline = clock::now() + within;
  step_report whole;
  std::string log;
  std::uint64_t from = 0;
  for (;;) {
    auto got = poll(id, from);
    if (!got) {
      ADD_FAILURE() << describe(got.error());
      return whole;
    }
    log += got->log;
    from = got->log_end();
    whole = std::move(*got);
    const bool moves = whole.state == step_state::running || whole.state == step_state::settling;
    if ((!moves && !whole.log_more) || clock::now() > deadline)
      break;
    if (moves && !whole.log_more)
      until([&] { return std::erase(hints, id) > 0; }, 20ms);
  }
  whole.log = std::move(log);
  whole.log_offset = from - whole.log.size();
  return whole;
}

step_start effect(std::string id, std::string script, std::uint64_t fence) {
  step_start what;
  what.id = std::move(id);
  what.script = std::move(script);
  what.fence = fence;
  what.deadline = 60s;
  what.grace = 2s;
  return what;
}

step_start look(std::string id, std::string script) {
  auto what = effect(std::move(id), std::move(script), 0);
  what.kind = step_mode::look;
  return what;
}

std::vector<std::string> shells() {
  return {"dash", "busybox", "bash"};
}

} // namespace baton::test
