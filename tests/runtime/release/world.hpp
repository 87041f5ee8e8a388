#pragma once

#include "messages/event.hpp"
#include "runtime/job.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton::test {

/// A fleet of one host, one stack and one repository in a temporary folder: real git, a real
/// shell, no network. Steps are built and read by runtime/job.hpp and run by that shell as the
/// step protocol would. Everything started from it is ended with it.
class world {
public:
  /// `shell`: what runs the scripts, `dash` or `busybox sh`.
  explicit world(std::vector<std::string> shell);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// A commit on `main` of the origin with these files (name, content); answers its id.
  std::string commit(const std::vector<std::pair<std::string, std::string>>& files,
                     const std::string& message = "change");
  /// Runs git in the origin's work tree, or in a folder; answers its output without the last line
  /// end. Throws when it fails.
  std::string git(const std::vector<std::string>& words, const std::filesystem::path& in = {});
  /// Runs a line of sh on the host; answers its output. Throws when it fails.
  std::string sh(const std::string& line);

  void write(const std::filesystem::path& file, const std::string& text, bool executable = false);
  std::string read(const std::filesystem::path& file);

  stack& the_stack() { return plan.stages.at(0).stacks.at(0); }
  /// A new run of that ref; forgets the facts of the run before.
  void begin(const std::string& ref = "main");
  /// One step of the run on the stack (resolve: on the controller). Its facts stay.
  step_outcome run(step_kind kind);
  /// The steps up to activate; throws when one fails.
  void deploy(const std::string& ref = "main");
  /// A look that says `healthy` (or anything but no) within a few seconds, else the last one.
  step_outcome settled(step_kind kind, const std::function<bool(const step_outcome&)>& good);
  /// The run is over: settle, with its verdict.
  step_outcome settle(bool good);

  /// A job by itself.
  job_end execute(const job& what);

  std::filesystem::path root, origin, home, state, checkout;
  struct plan plan;
  run_facts facts;
  std::map<std::string, std::string> env; ///< for the scripts
  std::string last_log;

private:
  std::vector<std::string> shell_;
  int runs_ = 0;
  int steps_ = 0;
};

/// `dash`, `busybox`: the shells that every test of scripts runs under.
std::vector<std::string> shell_named(const std::string& name);

} // namespace baton::test
