#include "rules/alerts.hpp"
#include "rules/blame.hpp"
#include "rules/course.hpp"
#include "rules/open_phase.hpp"
#include "rules/plan.hpp"

#include <map>
#include <string_view>
#include <utility>

namespace baton {

namespace {

/// What a phase's failure leaves to do.
void follow(const plan& of, run& now, failure found) {
  auto& blamed = now.phases[found.phase];
  if (found.by_guard) {
    blamed.outcome = phase_outcome::failed;
    blamed.by_guard = true;
    blamed.why = found.why;
  } else if (found.phase != now.at) {
    // It could not even begin.
    blamed.outcome = now.phases[now.at].outcome;
    blamed.why = found.why;
  }
  if (found.policy.then == after_failure::stop)
    now.stopped = true;
  if (const auto& phase = of.phases[found.phase]; phase.kind == phase_kind::deploy)
    now.fallen.insert(*phase.stage);
  now.fallen.insert(found.stages.begin(), found.stages.end());
  now.failures.push_back(std::move(found));
  alert_failure(of, now, now.failures.back());
  for (auto stage : now.failures.back().stages)
    plan_rollback(of, now, stage);
}

struct folding {
  const plan& of;
  run& now;
  time_point at;

  /// The unit's place in the open phase, if that is the phase, its step is in this state, and the
  /// event speaks of its attempt, or of the one that many later.
  template <class Event>
  std::optional<std::size_t> place(const Event& what, unit_state state, int later = 0) const {
    if (!now.open || spec_of(of, *now.open).id != what.phase)
      return std::nullopt;
    const auto& phase = state_of(now, *now.open);
    const auto nth = find_unit(phase, what.of);
    if (!nth || phase.units[*nth].state != state
        || phase.units[*nth].attempt + later != what.attempt)
      return std::nullopt;
    return nth;
  }

  /// The same for events that name the step.
  template <class Event>
  std::optional<std::size_t> place_of_step(const Event& what, unit_state state) const {
    const auto nth = place(what, state);
    if (!nth)
      return std::nullopt;
    const auto& unit = state_of(now, *now.open).units[*nth];
    const auto& step = spec_of(of, *now.open).steps[unit.path[unit.at].step];
    return step.kind == what.kind ? nth : std::nullopt;
  }

  void operator()(const event::run_requested&) {
    if (!now.began)
      now.began = at;
  }

  void operator()(const event::phase_started& what) {
    const auto due = phase_due(now);
    if (!due || spec_of(of, *due).id != what.phase)
      return;
    now.open = due;
    ++now.epoch;
    open_phase{of, now, at}.populate();
  }

  void operator()(const event::step_started& what) {
    if (const auto nth = place_of_step(what, unit_state::ready))
      open_phase{of, now, at}.step_started(*nth);
  }

  void operator()(const event::step_ended& what) {
    if (const auto nth = place_of_step(what, unit_state::running))
      open_phase{of, now, at}.step_ended(*nth, what.outcome);
  }

  void operator()(const event::step_stopped& what) {
    if (const auto nth = place_of_step(what, unit_state::running))
      open_phase{of, now, at}.step_stopped(*nth);
  }

  void operator()(const event::retry_scheduled& what) {
    if (const auto nth = place(what, unit_state::failing, 1))
      open_phase{of, now, at}.retry_scheduled(*nth, what.at);
  }

  void operator()(const event::retry_due& what) {
    if (const auto nth = place(what, unit_state::backing_off, 1))
      open_phase{of, now, at}.retry_due(*nth);
  }

  void operator()(const event::phase_ended& what) {
    if (!now.open || spec_of(of, *now.open).id != what.phase)
      return;
    const auto place = *now.open;
    const auto& state = state_of(now, place);
    if (!is_over(state) || outcome_of(state) != what.outcome)
      return;
    open_phase{of, now, at}.close(what.outcome);
    now.open.reset();
    if (place.track == track::rollback) {
      now.stages_left.erase(place.index);
    } else if (place.track == track::forward) {
      if (what.outcome != phase_outcome::ok)
        follow(of, now, judge(of, now, place.index));
      go_on_from(of, now, place.index + 1);
    }
  }

  void operator()(const event::rollback_started& what) {
    if (what.units != now.to_roll_back)
      return;
    now.to_roll_back.clear();
    for (auto unit : what.units)
      now.stages_left[*now.units[unit].stage].push_back(unit);
  }

  void operator()(const event::cancel_requested& what) { cancel(of, now, what.by, at); }

  void operator()(const event::alert_raised&) {
    if (now.alerts_sent < now.alerts.size())
      ++now.alerts_sent;
  }

  void operator()(const event::run_finished& what) { now.finished = what.result; }

  // What is of no run.
  template <class Other>
  void operator()(const Other&) {}
};

} // namespace

run begin(const plan& of) {
  run now;
  now.units.resize(of.units.size());
  now.phases.resize(of.phases.size());
  now.rollback.resize(of.rollback.size());
  now.hosts_of_stage.resize(of.stages.size());
  std::map<std::string_view, std::size_t> stage_of;
  for (std::size_t stage = 0; stage < of.stages.size(); ++stage) {
    now.deploys.push_back(deploy_phase(of, stage));
    for (const auto& host : of.stages[stage].hosts)
      stage_of.emplace(host, stage);
  }
  for (unit_id unit = 0; unit < of.units.size(); ++unit)
    if (const auto found = stage_of.find(of.units[unit].host); found != stage_of.end()) {
      now.units[unit].stage = found->second;
      if (of.units[unit].stack.empty())
        now.hosts_of_stage[found->second].push_back(unit);
    }
  for (std::size_t phase = 0; phase < of.phases.size(); ++phase)
    if (of.phases[phase].skipped)
      now.phases[phase].outcome = phase_outcome::skipped;
  go_on_from(of, now, 0);
  return now;
}

run fold(const plan& of, run&& so_far, const record& what) {
  run now = std::move(so_far);
  std::visit(folding{of, now, what.at}, what.what);
  return now;
}

} // namespace baton
