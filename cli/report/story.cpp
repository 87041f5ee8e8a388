#include "cli/report/story.hpp"

#include "rules/open_phase.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace baton {

namespace {

/// What tells, compared with the same of later, that something new went wrong.
struct marks {
  std::optional<phase_place> open;
  std::size_t faults = 0;
  std::size_t rollbacks_failed = 0;
  bool worsened = false;
  bool cancelled = false;
};

marks marks_of(const run& now) {
  return {now.open, now.open ? state_of(now, *now.open).faults.size() : 0,
          now.rollback_failed.size(), now.worsened_by.has_value(), now.cancelled_by.has_value()};
}

std::string target_of(const phase& in, const event::step_ended& what, const plan& of) {
  for (const auto& step : in.steps)
    if (step.kind == what.kind)
      for (const auto& one : step.on)
        if (one.of == what.of)
          return one.target;
  return of.units[what.of].host;
}

/// The ending goes on past what goes wrong in it, and most of that is a warning.
bool counts(const plan& of, const run& now, const marks& before) {
  return spec_of(of, *now.open).kind != phase_kind::ending
         || now.rollback_failed.size() > before.rollbacks_failed
         || now.worsened_by.has_value() != before.worsened;
}

/// A rollback is given up when the last stack of a host is through, which may have gone well.
event::step_ended culprit(const plan& of, const phase& in, const phase_run& state,
                          const event::step_ended& what, const error& why) {
  for (const auto& unit : state.units)
    if (in.kind == phase_kind::rollback && unit.state == unit_state::failed
        && of.units[unit.of].host == of.units[what.of].host && unit.why->what == why.what)
      return {what.phase, in.steps[unit.path[unit.at].step].kind, unit.of, unit.attempt, {}};
  return what;
}

void add_fault(const plan& of, run_story& to, const marks& before, const event::step_ended& what,
               time_point at) {
  const auto& open = to.now.open;
  if (!open || open != before.open || !counts(of, to.now, before))
    return;
  const auto& state = state_of(to.now, *open);
  if (state.faults.size() == before.faults)
    return;
  // A step may speak of several stages; it is one thing all the same.
  const auto& found = state.faults[before.faults];
  const auto& in = spec_of(of, *open);
  const auto by = culprit(of, in, state, what, found.why);
  to.faults.push_back(
      {by.phase, found.stage, by.kind, by.of, target_of(in, by, of), by.attempt, found.why, at});
}

/// What the attempt has failed by that another one is to follow.
void add_try(const plan& of, run_story& to, const event::retry_scheduled& what, time_point at) {
  if (!to.now.open)
    return;
  const auto& in = spec_of(of, *to.now.open);
  for (const auto& unit : state_of(to.now, *to.now.open).units)
    if (in.id == what.phase && unit.of == what.of && unit.why) {
      const auto kind = in.steps[unit.path[unit.at].step].kind;
      const event::step_ended by{what.phase, kind, unit.of, unit.attempt, {}};
      to.tries.push_back({what.phase, in.stage, kind, unit.of, target_of(in, by, of), unit.attempt,
                          *unit.why, at});
    }
}

} // namespace

const phase* phase_named(const plan& of, const std::string& id) {
  for (const auto* list : {&of.phases, &of.rollback})
    for (const auto& one : *list)
      if (one.id == id)
        return &one;
  return id == of.ending.id ? &of.ending : nullptr;
}

run_story begin_story(const plan& of) {
  run_story made;
  made.now = begin(of);
  return made;
}

void fold_story(const plan& of, run_story& so_far, const record& what) {
  if (const auto* retry = std::get_if<event::retry_scheduled>(&what.what))
    add_try(of, so_far, *retry, what.at);
  const auto before = marks_of(so_far.now);
  so_far.now = fold(of, std::move(so_far.now), what);
  const auto& now = so_far.now;
  if (now.cancelled_by && !before.cancelled)
    so_far.cancel =
        told_cancel{*now.cancelled_by, now.open ? spec_of(of, *now.open).id : std::string{},
                    what.at, so_far.faults.size()};
  if (const auto* ended = std::get_if<event::step_ended>(&what.what))
    add_fault(of, so_far, before, *ended, what.at);
  if (std::holds_alternative<event::run_finished>(what.what))
    so_far.ended = what.at;
}

run_story story_of(const plan& of, const std::vector<record>& records) {
  auto made = begin_story(of);
  for (const auto& one : records)
    fold_story(of, made, one);
  return made;
}

} // namespace baton
