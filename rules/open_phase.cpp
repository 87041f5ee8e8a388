#include "rules/open_phase.hpp"

#include "rules/ending.hpp"
#include "rules/learn.hpp"
#include "rules/plan.hpp"
#include "rules/status.hpp"
#include "rules/taken_over.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace baton {

namespace {

constexpr auto past_the_end = std::numeric_limits<std::size_t>::max();

} // namespace

const phase& spec_of(const plan& of, const phase_place& place) {
  if (place.track == track::forward)
    return of.phases[place.index];
  return place.track == track::rollback ? of.rollback[place.index] : of.ending;
}

const phase_run& state_of(const run& now, const phase_place& place) {
  if (place.track == track::forward)
    return now.phases[place.index];
  return place.track == track::rollback ? now.rollback[place.index] : now.ending;
}

phase_run& state_of(run& now, const phase_place& place) {
  return const_cast<phase_run&>(state_of(std::as_const(now), place));
}

bool is_over(const phase_run& state) {
  return state.ready.empty() && state.running.empty() && state.failing.empty()
         && state.backing_off == 0;
}

phase_outcome outcome_of(const phase_run& state) {
  if (state.cancelled)
    return phase_outcome::cancelled;
  return state.faults.empty() ? phase_outcome::ok : phase_outcome::failed;
}

std::optional<std::size_t> find_unit(const phase_run& state, unit_id which) {
  const auto found =
      std::lower_bound(state.units.begin(), state.units.end(), which,
                       [](const unit_run& one, unit_id wanted) { return one.of < wanted; });
  if (found == state.units.end() || found->of != which)
    return std::nullopt;
  return static_cast<std::size_t>(found - state.units.begin());
}

open_phase::open_phase(const plan& of, run& now, time_point at)
    : of_(of),
      now_(now),
      spec_(spec_of(of, *now.open)),
      state_(state_of(now, *now.open)),
      at_(at) {}

void open_phase::populate() {
  state_.began = at_;
  build_paths();
  set_barriers();
  if (spec_.kind == phase_kind::ending)
    give_up_lost(of_, now_);
  if (spec_.kind == phase_kind::rollback)
    return begin_rollback();
  if (!now_.cancel_pending.empty())
    return cancel(std::exchange(now_.cancel_pending, {}));
  for (std::size_t nth = 0; nth < state_.units.size(); ++nth)
    move_on(nth);
}

bool open_phase::takes_part(unit_id which) const {
  switch (spec_.kind) {
  case phase_kind::guard:
  case phase_kind::verification: {
    const auto& stage = now_.units[which].stage;
    return !stage || !now_.fallen.contains(*stage);
  }
  case phase_kind::rollback: {
    const auto& units = now_.stages_left.at(*spec_.stage);
    if (!of_.units[which].stack.empty() && !rolls_back_by_snapshot(of_.stages[*spec_.stage]))
      return owes_rollback(which);
    // A snapshot takes all stacks of a host along, touched or not.
    const auto host = host_unit(of_, which);
    const auto first = std::lower_bound(units.begin(), units.end(), host);
    return first != units.end() && host_unit(of_, *first) == host;
  }
  case phase_kind::ending:
    return !now_.units[host_unit(of_, which)].lost;
  default:
    return true;
  }
}

void open_phase::build_paths() {
  std::vector<std::tuple<unit_id, std::size_t, std::size_t>> all;
  for (std::size_t step = 0; step < spec_.steps.size(); ++step)
    for (std::size_t on = 0; on < spec_.steps[step].on.size(); ++on)
      if (const auto which = spec_.steps[step].on[on].of; takes_part(which))
        all.emplace_back(which, step, on);
  std::sort(all.begin(), all.end());
  for (const auto& [which, step, on] : all) {
    if (state_.units.empty() || state_.units.back().of != which) {
      state_.units.emplace_back();
      state_.units.back().of = which;
    }
    state_.units.back().path.push_back({step, on});
  }
}

void open_phase::set_barriers() {
  for (std::size_t step = 0; step < spec_.steps.size(); ++step)
    if (spec_.steps[step].barrier)
      state_.barriers.push_back(step);
  state_.pending.assign(state_.barriers.size(), state_.units.size());
  state_.held.resize(state_.barriers.size());
}

void open_phase::close(phase_outcome outcome) {
  state_.ended = at_;
  state_.outcome = outcome;
  for (std::size_t nth = 0; nth < state_.units.size(); ++nth)
    if (state_.units[nth].state == unit_state::held)
      finish(nth, unit_state::stopped);
  state_.held.clear();
}

const step_spec& open_phase::step_of(const unit_run& unit) const {
  return spec_.steps[unit.path[unit.at].step];
}

void open_phase::step_started(std::size_t nth) {
  auto& unit = state_.units[nth];
  state_.ready.erase(nth);
  state_.running.insert(nth);
  unit.state = unit_state::running;
  if (!unit.began)
    unit.began = at_;
  learn_begun(of_, now_, step_of(unit), unit);
}

void open_phase::step_stopped(std::size_t nth) {
  state_.to_stop.erase(nth);
}

void open_phase::step_ended(std::size_t nth, const step_outcome& outcome) {
  auto& unit = state_.units[nth];
  const auto& step = step_of(unit);
  state_.running.erase(nth);
  state_.to_stop.erase(nth);
  learn_ended(of_, now_, step, unit, outcome);
  keep(unit, outcome);
  const auto found = weigh(of_, now_, step.kind, unit.of, outcome);
  unit.why = found.why ? found.why : found.reported;
  if (found.why && spec_.kind == phase_kind::ending) {
    // The others' ending does not depend on this one's, nor do its own next steps.
    ending_failed(of_, now_, step.kind, unit.of, *found.why);
    accuse(unit.of, now_.units[unit.of].stage, *found.why);
  } else if (found.why) {
    return fail(nth, found);
  } else if (found.reported) {
    return finish(nth, unit_state::failed);
  }
  ++unit.at;
  if (state_.halted && unit.at < unit.path.size())
    finish(nth, unit_state::stopped);
  else
    move_on(nth);
}

void open_phase::warn(const std::string& text) {
  auto& all = now_.warnings;
  if (std::find(all.begin(), all.end(), text) == all.end())
    all.push_back(text);
}

void open_phase::keep_of_host(const std::string& host, const step_outcome& outcome,
                              const char* fact) {
  if (const auto found = outcome.facts.find(fact); found != outcome.facts.end())
    state_.facts[host] = found->second;
}

void open_phase::keep(unit_run& unit, const step_outcome& outcome) {
  const auto& of = of_.units[unit.of];
  switch (step_of(unit).kind) {
  case step_kind::resolve:
  case step_kind::run_tests:
    for (const auto& [key, value] : outcome.facts)
      state_.facts[key] = value;
    break;
  case step_kind::sync_secrets:
  case step_kind::compare_secrets:
    keep_of_host(of.host, outcome, "version");
    break;
  case step_kind::create_snapshot:
    keep_of_host(of.host, outcome, "name");
    break;
  case step_kind::lease:
    if (const auto told = outcome.facts.find("taken_over"); told != outcome.facts.end())
      warn(told->second);
    break;
  case step_kind::inspect:
    if (was_taken_over(unit.of) && outcome.view)
      if (const auto found = left_behind(of, *outcome.view))
        warn(*found);
    break;
  case step_kind::prepare:
    // What is said of a stack before it is deployed; once, on however many hosts.
    for (const auto& note : outcome.notes)
      warn(of.stack + ": " + note);
    break;
  default:
    break;
  }
  for (const auto& note : outcome.notes)
    if (spec_.kind == phase_kind::ending)
      warn(of.host + ": " + note);
    else
      unit.notes.push_back(note);
}

bool open_phase::was_taken_over(unit_id which) const {
  const auto lease = now_.facts.find({step_kind::lease, host_unit(of_, which)});
  return lease != now_.facts.end() && lease->second.count("taken_over") > 0;
}

bool open_phase::may_retry(const unit_run& unit, const error& why) const {
  // What may not be repeated must not begin again before anybody knows what became of it.
  const bool unsure = why.code == ec::step_lost && !step_of(unit).repeatable;
  return !state_.halted && why.retryable && why.code != ec::lease_lost && !unsure
         && unit.attempt < spec_.retry.attempts_max;
}

void open_phase::fail(std::size_t nth, const finding& found) {
  auto& unit = state_.units[nth];
  if (state_.halted && found.why->code == ec::cancelled)
    return finish(nth, unit_state::stopped);
  if (may_retry(unit, *found.why)) {
    unit.state = unit_state::failing;
    state_.failing.insert(nth);
    return;
  }
  finish(nth, unit_state::failed);
  if (spec_.kind == phase_kind::rollback)
    return;
  if (found.stages.empty())
    accuse(unit.of, std::nullopt, *found.why);
  for (auto stage : found.stages)
    accuse(unit.of, stage, *found.why);
  if (!spec_.report_all)
    halt();
}

void open_phase::accuse(unit_id which, std::optional<std::size_t> stage, const error& why) {
  state_.faults.push_back({which, stage, why});
  if (!state_.why)
    state_.why = why;
}

void open_phase::halt() {
  state_.halted = true;
  for (std::size_t nth = 0; nth < state_.units.size(); ++nth)
    switch (state_.units[nth].state) {
    case unit_state::held:
    case unit_state::ready:
    case unit_state::failing:
    case unit_state::backing_off:
      finish(nth, unit_state::stopped);
      break;
    default:
      break;
    }
  state_.ready.clear();
  state_.failing.clear();
  state_.backing_off = 0;
  // A step that still ends well must not let them go on.
  for (auto& held : state_.held)
    held.clear();
}

void open_phase::cancel(const std::string& by) {
  now_.cancelled_by = by;
  now_.stopped = true;
  state_.to_stop = state_.running;
  if (state_.faults.empty()) {
    state_.cancelled = true;
    error why;
    why.code = ec::cancelled;
    why.what = "cancelled by " + by;
    state_.why = std::move(why);
  }
  halt();
}

void open_phase::retry_scheduled(std::size_t nth, time_point when) {
  auto& unit = state_.units[nth];
  state_.failing.erase(nth);
  ++state_.backing_off;
  unit.state = unit_state::backing_off;
  unit.retry_at = when;
}

void open_phase::retry_due(std::size_t nth) {
  auto& unit = state_.units[nth];
  --state_.backing_off;
  ++unit.attempt;
  unit.at = 0;
  move_on(nth);
}

void open_phase::move_on(std::size_t nth) {
  auto& unit = state_.units[nth];
  for (; unit.at < unit.path.size(); ++unit.at) {
    const auto step = unit.path[unit.at].step;
    pass_barriers(nth, step);
    const auto before = std::lower_bound(state_.barriers.begin(), state_.barriers.end(), step);
    const auto needs = static_cast<std::size_t>(before - state_.barriers.begin());
    if (needs > state_.open_barriers) {
      unit.state = unit_state::held;
      state_.held[needs - 1].insert(nth);
      return;
    }
    if (spec_.kind != phase_kind::ending || is_due(of_, now_, step_of(unit).kind, unit.of)) {
      unit.state = unit_state::ready;
      state_.ready.insert(nth);
      return;
    }
  }
  pass_barriers(nth, past_the_end);
  unit.why.reset();
  finish(nth, unit_state::done);
}

void open_phase::pass_barriers(std::size_t nth, std::size_t before) {
  auto& unit = state_.units[nth];
  while (unit.passed < state_.barriers.size() && state_.barriers[unit.passed] < before)
    if (--state_.pending[unit.passed++] == 0)
      open_barrier();
}

void open_phase::open_barrier() {
  const auto released = std::exchange(state_.held[state_.open_barriers++], {});
  if (spec_.kind == phase_kind::ending)
    now_.ends_as = status_of(of_, now_);
  for (auto nth : released)
    move_on(nth);
}

void open_phase::finish(std::size_t nth, unit_state state) {
  auto& unit = state_.units[nth];
  unit.state = state;
  if (unit.began)
    unit.ended = at_;
  const bool settled = state == unit_state::done || state == unit_state::failed;
  if (spec_.kind == phase_kind::rollback && settled)
    regroup(nth);
}

} // namespace baton
