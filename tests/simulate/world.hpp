#pragma once

#include "rules/plan.hpp"
#include "runtime/log/redactor.hpp"
#include "tests/simulate/chance.hpp"
#include "tests/simulate/controller.hpp"
#include "tests/simulate/machine.hpp"
#include "tests/simulate/misfortune.hpp"
#include "tests/simulate/step_script.hpp"
#include "tests/simulate/story.hpp"
#include "tests/simulate/timeline.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace baton::simulate {

/// A step's script that began to run on a machine, as the machine saw it.
struct seen_step {
  duration at{0};
  std::string machine, folder;
  step_script script;
  bool is_look = false;
};

/// What a look found, as it was.
struct seen_look {
  duration at{0};
  std::string run, phase, unit; ///< unit: `host:stack`
  int attempt = 1;
  std::string serves;
  bool is_healthy = false;
};

/// How well a release is on one stack: from when to when after its start.
struct quality {
  duration healthy_from{0}, healthy_until{1'000'000'000'000};
};

/// What a unit was before a run touched it.
struct touch {
  duration at{0};
  std::string target; ///< what a rollback goes back to; empty: nothing
};

/// What a seed makes: fleet, machines, controllers and what will befall them.
struct scenario {
  fleet of;
  std::vector<misfortune> misfortunes;
  struct deployment {
    std::string controller;
    duration at{0};
    request asked;
    run_ids ids;
  };
  std::vector<deployment> deployments;
};

/// One simulated world, from its beginning until nothing is under way any more. Machines note here
/// what they really do; promises are judged by that and by the journals.
struct world {
  world(std::uint64_t from, scenario what);
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Lets it all happen.
  void run();

  // For its parts.
  machine& at(const std::string& name);
  void tell(std::string_view who, std::string_view what) { told.tell(clock.now(), who, what); }
  void tell_record(const record& one);
  void break_promise(const std::string& what);
  mishap begin_step(machine& on, const std::string& folder, const step_script& script,
                    bool is_look);
  bool has_begun(const std::string& run, const std::string& host, const char* kind) const;
  bool is_healthy(const std::string& host, const std::string& stack) const;
  std::optional<duration> dies_at_append(const std::string& name, bool before, int append);
  void ask_checks(const std::vector<check_question>& questions,
                  std::function<void(std::vector<check_answer>)> then);

  void judge_taking(const machine& on, const std::string& run, const std::string& owner,
                    duration silent);

  // What a machine has seen.
  void note_look(const step_script& by);
  void note_saved(const step_script& by);
  void note_touched(const step_script& by);
  void note_secrets(const std::string& host, const std::string& run);
  void note_unfinished(const result& told_so);
  void note_ended(ended_run one);

  std::uint64_t seed;

  /// Whether records are read through their written form. That takes as long as much of the rest:
  /// some seeds are enough for it.
  bool reads_what_is_written() const { return seed % 8 == 0; }

  scenario plot;
  timeline clock;
  named_chance luck;
  story told{clock.now()};
  std::shared_ptr<const redactor> no_secrets;
  std::map<std::string, std::unique_ptr<machine>> machines;
  std::map<std::string, std::unique_ptr<controller>> controllers;
  std::map<std::string, quality> qualities; ///< by `host:stack:release`
  bool tests_fail = false;
  bool starts_first = false; ///< stacks: the new one starts before the old one ends

  std::vector<seen_step> seen;
  std::vector<seen_look> looks;
  std::map<std::string, duration> looked;            ///< by `run host:stack`: the last look
  std::map<std::string, touch> touched;              ///< by `run host:stack`
  std::map<std::string, std::string> secrets_before; ///< by `run host`
  std::set<std::string> secrets_changed;             ///< `run host`
  std::vector<ended_run> ended;
  std::vector<std::string> broken;

private:
  void populate();
  void plan_misfortunes();
  void befall(const misfortune& what, machine& here);
  machine& elsewhere(const machine& than);
  void judge_beginning(machine& on, const std::string& folder, const step_script& script,
                       bool is_look);
  bool all_idle() const;

  int steps_ = 0;
  std::set<std::size_t> spent_;
};

} // namespace baton::simulate
