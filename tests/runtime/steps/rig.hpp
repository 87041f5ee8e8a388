#pragma once

#include "runtime/steps/control_shell.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace baton::test {

using clock = std::chrono::steady_clock;

/// A folder that plays a host: its own home, and a PATH whose `sh` is the shell to be tried. All
/// that still runs of it is killed in the end.
class host_rig {
public:
  explicit host_rig(std::string shell); ///< dash, busybox, bash
  host_rig(const host_rig&) = delete;
  host_rig& operator=(const host_rig&) = delete;
  ~host_rig();

  const std::string& shell() const { return shell_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path home() const { return folder_ / "home"; }
  std::filesystem::path state() const { return folder_ / "state"; }
  /// NAME=VALUE of everything that runs on this host.
  std::vector<std::string> environment() const;

  /// Processes of this host that are no zombies.
  std::vector<pid_t> processes() const;

private:
  std::string shell_;
  std::filesystem::path folder_;
};

/// A control shell as a child process, with its pipes.
class conversation {
public:
  struct options {
    std::string state_dir = {};          ///< the host's; `-` for the shell's own default
    std::string command = {};            ///< instead of `exec sh`
    std::vector<std::string> unset = {}; ///< variables to leave out
    bool greet = true;
  };

  explicit conversation(const host_rig& host);
  conversation(const host_rig& host, options how);
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;
  ~conversation();

  control_shell& shell() { return *shell_; }
  pid_t pid() const { return pid_; }
  const expected<shell_facts>& facts() const { return *facts_; }
  /// Ids of the steps that the host said are over.
  std::vector<std::string> hints;
  std::size_t most_heard = 0;

  void send(std::string_view bytes);
  /// Ends the shell's stdin.
  void close_input();
  /// Kills the control shell at once.
  void kill();

  /// Feeds what comes until it holds; false after `within`.
  bool until(const std::function<bool()>& holds,
             std::chrono::milliseconds within = std::chrono::seconds{20});

  /// Sends a request and waits for its answer.
  template <class T>
  expected<T> ask(const std::function<std::string(control_shell::callback<T>)>& request) {
    auto answer = std::make_shared<std::optional<expected<T>>>();
    send(request([answer](expected<T> got) { *answer = std::move(got); }));
    if (!until([&] { return answer->has_value(); }))
      return unexpected(ec::timed_out, "no answer came");
    return std::move(**answer);
  }

  expected<step_report> start(const step_start& what);
  expected<step_report> poll(const std::string& id, std::uint64_t from = 0,
                             std::uint32_t most = 64 * 1024);
  expected<step_report> kill_step(const std::string& id);
  expected<step_facts_text> read_facts(const std::string& id);
  expected<void> forget(const std::string& id);
  expected<std::vector<step_entry>> list(const std::string& run);
  expected<std::uint32_t> prune(std::uint32_t keep);
  expected<lease_report> acquire(const std::string& run, std::uint64_t at_least = 0,
                                 bool again = false);
  expected<lease_report> take(const std::string& run, const std::string& from, std::uint64_t fence,
                              std::uint64_t silent_seconds = 0);
  expected<void> ended(const std::string& run, std::uint64_t fence, const std::string& old_run);
  expected<void> heartbeat(const std::string& run, std::uint64_t fence,
                           const std::string& owner = {});
  expected<void> release(const std::string& run, std::uint64_t fence);
  expected<lease_report> show();
  expected<lease_report> break_lease(const std::string& run = {}, std::uint64_t fence = 0);

  /// Polls until the step is in a final state; its log whole, as far as it was kept.
  step_report finish(const std::string& id,
                     std::chrono::milliseconds within = std::chrono::seconds{30});

private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  bool ended_ = false;
  std::string unsent_;
  std::unique_ptr<control_shell> shell_;
  std::optional<expected<shell_facts>> facts_;
};

step_start effect(std::string id, std::string script, std::uint64_t fence);
step_start look(std::string id, std::string script);

/// Every test of the protocol runs under each of these.
std::vector<std::string> shells();

class on_each_shell : public testing::TestWithParam<std::string> {
protected:
  host_rig host{GetParam()};
};

} // namespace baton::test
