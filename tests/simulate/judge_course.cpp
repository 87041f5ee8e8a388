#include "tests/simulate/evidence.hpp"

#include <algorithm>
#include <map>
#include <tuple>

/// The order in which things may happen, and how often.

namespace baton::simulate {

namespace {

using step_key = std::tuple<std::string, step_kind, unit_id, int>;

class course {
public:
  course(world& in, evidence& by) : in_{in}, by_{by} {}

  void judge() {
    for (const auto& one : by_.journal()) {
      if (over_)
        by_.broken("something follows the end of the run in its journal");
      std::visit([this](const auto& what) { see(what); }, one.what);
    }
    if (!over_)
      by_.broken("the journal lacks the end of the run");
    if (!running_.empty())
      by_.broken("a step has not ended when the run has");
    judge_attempts();
    judge_after_loss();
  }

private:
  template <class Event>
  void see(const Event&) {}

  void see(const event::phase_started& what) {
    if (!open_.empty())
      by_.broken("one phase after the other: " + what.phase + " begins inside " + open_);
    open_ = what.phase;
  }

  void see(const event::phase_ended& what) {
    open_.clear();
    ended_[what.phase] = what.outcome;
  }

  void see(const event::step_started& what) {
    const step_key key{what.phase, what.kind, what.of, what.attempt};
    if (!begun_.insert(key).second)
      by_.broken("a step begins once: " + what.phase + " " + std::string{to_string(what.kind)}
                 + " of unit " + std::to_string(what.of) + ", attempt "
                 + std::to_string(what.attempt));
    running_.insert(key);
    if (what.phase != open_)
      by_.broken("a step belongs to its phase: " + what.phase);
    if (what.attempt > attempts_of(what.phase))
      by_.broken("no more attempts than wanted: " + what.phase + " has its attempt "
                 + std::to_string(what.attempt));
    if (what.attempt > 1 && by_.find_phase(what.phase)
        && !retries_.contains({what.phase, what.of, what.attempt}))
      by_.broken("a retry is planned before it begins: " + what.phase);
    if (what.kind == step_kind::activate)
      may_be_touched(what);
  }

  void see(const event::step_ended& what) {
    running_.erase({what.phase, what.kind, what.of, what.attempt});
    if (!what.outcome.why && what.kind == step_kind::prepare)
      prepared_.insert({what.phase, what.of});
    if (what.outcome.why)
      failed_[{what.phase, what.of, what.attempt}] = what.outcome.why->retryable;
    for (const auto& answer : what.outcome.checks)
      if (!answer.ok) // a check may answer in a while
        failed_.try_emplace({what.phase, what.of, what.attempt}, true);
  }

  void see(const event::retry_scheduled& what) {
    if (!retries_.insert({what.phase, what.of, what.attempt}).second)
      by_.broken("each attempt is planned once: " + what.phase);
    const auto before = failed_.find({what.phase, what.of, what.attempt - 1});
    if (before == failed_.end() || !before->second)
      by_.broken("only what may get better is tried again: " + what.phase);
  }

  void see(const event::cancel_requested&) {}
  void see(const event::run_finished&) { over_ = true; }

  int attempts_of(const std::string& phase) const {
    if (const auto* found = by_.find_phase(phase))
      return found->retry.attempts_max;
    return phase == "ending" ? 1 : 2; // a rollback by the application, then by the snapshot
  }

  /// All of a stage are prepared before any is touched; staging and tests come before the rest.
  void may_be_touched(const event::step_started& what) {
    const auto& all = by_.of().stages;
    const auto stage = std::find_if(all.begin(), all.end(),
                                    [&](const auto& one) { return one.name == what.phase; });
    if (stage == all.end())
      return;
    for (unit_id unit = 0; unit < by_.of().units.size(); ++unit) {
      const auto& one = by_.of().units[unit];
      const bool here =
          !one.stack.empty()
          && std::find(stage->hosts.begin(), stage->hosts.end(), one.host) != stage->hosts.end();
      if (here && !prepared_.contains({what.phase, unit}))
        by_.broken("all hosts of a stage pull before any of them is touched: " + what.phase);
    }
    const auto place = by_.place_of_phase(what.phase);
    bool goes_on = false;
    for (std::size_t before = 0; before < place; ++before) {
      const auto& phase = by_.of().phases[before];
      goes_on = goes_on || phase.on_failure.then == after_failure::go_on;
      // What a guard finds in a stage whose failure does not stop the run does not stop it either.
      const bool passed = phase.skipped || ended_[phase.id] == phase_outcome::ok
                          || phase.on_failure.then == after_failure::go_on
                          || (phase.kind == phase_kind::guard && goes_on);
      if (!passed)
        by_.broken("nothing is touched after a failure: " + what.phase + " after " + phase.id);
    }
  }

  /// What the machines have seen of it.
  void judge_attempts() {
    std::map<std::tuple<std::string, step_kind, unit_id>, int> count;
    for (const auto& one : in_.seen) {
      const auto& script = one.script;
      if (script.run != by_.of().run || one.is_look)
        continue;
      const auto times = ++count[{script.phase, script.kind, script.of}];
      if (times > attempts_of(script.phase))
        by_.broken("no more attempts than wanted: " + script.id + " is number "
                   + std::to_string(times));
    }
  }

  void judge_after_loss() {
    std::map<std::string, time_point> lost;
    for (const auto& one : by_.journal())
      if (const auto* end = std::get_if<event::step_ended>(&one.what))
        if (end->outcome.why && end->outcome.why->code == ec::lease_lost)
          lost.try_emplace(by_.of().units[end->of].host, one.at);
    for (const auto& one : in_.seen) {
      const auto found = lost.find(one.machine);
      if (found != lost.end() && one.script.run == by_.of().run && !one.is_look
          && time_point{one.at} > found->second)
        by_.broken("nothing more is done on a lost host: " + one.script.id);
    }
  }

  world& in_;
  evidence& by_;
  bool over_ = false;
  std::string open_;
  std::map<std::string, phase_outcome> ended_;
  std::set<step_key> begun_, running_;
  std::set<std::pair<std::string, unit_id>> prepared_;
  std::set<std::tuple<std::string, unit_id, int>> retries_;
  std::map<std::tuple<std::string, unit_id, int>, bool> failed_;
};

} // namespace

void judge_course(world& in, evidence& by) {
  course{in, by}.judge();
}

} // namespace baton::simulate
