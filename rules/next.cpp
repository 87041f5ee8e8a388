#include "rules/backoff.hpp"
#include "rules/course.hpp"
#include "rules/open_phase.hpp"
#include "rules/run.hpp"

#include <memory>
#include <utility>

namespace baton {

namespace {

event::step_started start_of(const phase& spec, const unit_run& unit) {
  const auto& ref = unit.path[unit.at];
  const auto& step = spec.steps[ref.step];
  return {spec.id, step.kind, unit.of, step.on[ref.on].target, unit.attempt, step.deadline};
}

void go_on_in_phase(const phase& spec, const phase_run& state, time_point at, double dice,
                    std::vector<action_t>& due) {
  for (auto nth : state.to_stop) {
    const auto running = start_of(spec, state.units[nth]);
    due.emplace_back(event::step_stopped{running.phase, running.kind, running.of, running.attempt});
  }
  for (auto nth : state.failing) {
    const auto& unit = state.units[nth];
    const auto wait = backoff(spec.retry, unit.attempt, spread(dice, due.size()));
    due.emplace_back(event::retry_scheduled{spec.id, unit.of, unit.attempt + 1, at + wait});
  }
  for (auto nth : state.ready)
    due.emplace_back(start_of(spec, state.units[nth]));
  if (is_over(state))
    due.emplace_back(event::phase_ended{spec.id, outcome_of(state)});
}

} // namespace

std::vector<action_t> next(const plan& of, const run& now, time_point at, double dice) {
  std::vector<action_t> due;
  if (!now.began || now.finished)
    return due;
  for (auto nth = now.alerts_sent; nth < now.alerts.size(); ++nth)
    due.emplace_back(now.alerts[nth]);
  if (now.open)
    go_on_in_phase(spec_of(of, *now.open), state_of(now, *now.open), at, dice, due);
  else if (!now.to_roll_back.empty())
    due.emplace_back(event::rollback_started{of.phases[now.failures.back().phase].id,
                                             now.failures.back().policy.rollback,
                                             now.to_roll_back});
  else if (const auto place = phase_due(now))
    due.emplace_back(event::phase_started{spec_of(of, *place).id});
  else
    due.emplace_back(event::run_finished{std::make_shared<const result>(verdict(of, now, at))});
  return due;
}

std::vector<record> react(const plan& of, run& now, record what) {
  std::vector<record> batch{std::move(what)};
  now = fold(of, std::move(now), batch.front());
  const auto at = batch.front().at;
  const auto dice = batch.front().dice;
  for (auto due = next(of, now, at, dice); !due.empty(); due = next(of, now, at, dice))
    for (auto& one : due) {
      batch.push_back({0, of.run, at, dice, std::move(one)});
      now = fold(of, std::move(now), batch.back());
    }
  return batch;
}

std::vector<event::retry_scheduled> retries_waiting(const plan& of, const run& now) {
  std::vector<event::retry_scheduled> waiting;
  if (!now.open)
    return waiting;
  const auto& spec = spec_of(of, *now.open);
  for (const auto& unit : state_of(now, *now.open).units)
    if (unit.state == unit_state::backing_off)
      waiting.push_back({spec.id, unit.of, unit.attempt + 1, unit.retry_at});
  return waiting;
}

std::vector<event::step_started> steps_running(const plan& of, const run& now) {
  std::vector<event::step_started> running;
  if (!now.open)
    return running;
  const auto& state = state_of(now, *now.open);
  for (auto nth : state.running)
    running.push_back(start_of(spec_of(of, *now.open), state.units[nth]));
  return running;
}

} // namespace baton
