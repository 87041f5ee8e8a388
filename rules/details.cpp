#include "rules/details.hpp"

#include "rules/plan.hpp"

#include <algorithm>
#include <chrono>

namespace baton {

namespace {

double seconds_between(const std::optional<time_point>& from, const std::optional<time_point>& to,
                       time_point now) {
  if (!from)
    return 0;
  return std::chrono::duration<double>(to.value_or(now) - *from).count();
}

phase_outcome outcome_of(const unit_run& unit) {
  switch (unit.state) {
  case unit_state::done:
    return phase_outcome::ok;
  case unit_state::failed:
    return phase_outcome::failed;
  default:
    return unit.why && unit.why->code == ec::cancelled ? phase_outcome::cancelled
                                                       : phase_outcome::not_run;
  }
}

/// Of a host's units the one that says more: a failure, then a cancel, then what was not done.
int gravity(phase_outcome of) {
  switch (of) {
  case phase_outcome::failed:
    return 3;
  case phase_outcome::cancelled:
    return 2;
  case phase_outcome::not_run:
    return 1;
  default:
    return 0;
  }
}

void add_unit(host_details& to, const unit_run& unit, bool first, time_point now) {
  const auto outcome = outcome_of(unit);
  if (first || gravity(outcome) > gravity(to.outcome))
    to.outcome = outcome;
  if (unit.began)
    to.attempts = std::max(to.attempts, unit.attempt);
  to.duration_seconds = std::max(to.duration_seconds, seconds_between(unit.began, unit.ended, now));
  if (unit.why && !to.error)
    to.error = describe(*unit.why);
  to.notes.insert(to.notes.end(), unit.notes.begin(), unit.notes.end());
}

void add_hosts(phase_details& to, const plan& of, const phase_run& state, time_point now) {
  for (const auto& unit : state.units) {
    const auto [at, first] = to.hosts.try_emplace(of.units[unit.of].host);
    add_unit(at->second, unit, first, now);
    to.attempts = std::max(to.attempts, at->second.attempts);
  }
}

/// A guard found these hosts ill after their own phase had gone well.
void add_guarded(phase_details& to, const plan& of, const run& now, std::size_t phase) {
  for (const auto& guard : now.phases)
    for (const auto& fault : guard.faults)
      if (fault.stage && now.deploys[*fault.stage] == phase) {
        auto& host = to.hosts[of.units[fault.of].host];
        host.outcome = phase_outcome::failed;
        host.error = describe(fault.why);
      }
}

/// How the stage's hosts were brought back, for people.
void add_rollback(phase_details& to, const plan& of, const run& now, std::size_t stage) {
  for (auto host : now.hosts_of_stage[stage]) {
    const auto stacks = stacks_of(of, host);
    const auto any = [&](bool unit_truth::*flag) {
      return std::any_of(now.units.begin() + static_cast<std::ptrdiff_t>(stacks.first),
                         now.units.begin() + static_cast<std::ptrdiff_t>(stacks.second),
                         [&](const unit_truth& one) { return one.*flag; });
    };
    const auto& name = of.units[host].host;
    if (now.rollback_failed.contains(name))
      to.hosts[name].notes.emplace_back("could not be brought back");
    else if (any(&unit_truth::restored))
      to.hosts[name].notes.emplace_back("rolled back");
  }
}

/// Stages that had failed before are not asked.
void add_unjudged(phase_details& to, const plan& of, const run& now) {
  for (auto stage : now.fallen)
    for (auto host : now.hosts_of_stage[stage])
      if (const auto [at, added] = to.hosts.try_emplace(of.units[host].host); added) {
        at->second.outcome = phase_outcome::skipped;
        at->second.notes.push_back("not judged: " + of.stages[stage].name
                                   + " failed or was rolled back before");
      }
}

phase_details details_of_phase(const plan& of, const run& now, std::size_t index, time_point at) {
  const auto& spec = of.phases[index];
  const auto& state = now.phases[index];
  phase_details made;
  made.outcome = state.outcome;
  made.skipped = spec.skipped.value_or("");
  made.duration_seconds = seconds_between(state.began, state.ended, at);
  if (state.why)
    made.error = describe(*state.why);
  made.facts = state.facts;
  add_hosts(made, of, state, at);
  if (state.by_guard) {
    made.by = "guard";
    add_guarded(made, of, now, index);
  }
  if (spec.stage)
    add_rollback(made, of, now, *spec.stage);
  if (spec.kind == phase_kind::verification && state.began)
    add_unjudged(made, of, now);
  return made;
}

} // namespace

std::vector<std::pair<std::string, phase_details>> details_of(const plan& of, const run& now,
                                                              time_point at) {
  std::vector<std::pair<std::string, phase_details>> made;
  for (std::size_t index = 0; index < of.phases.size(); ++index)
    if (of.phases[index].kind != phase_kind::guard)
      made.emplace_back(of.phases[index].id, details_of_phase(of, now, index, at));
  return made;
}

} // namespace baton
