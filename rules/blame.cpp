#include "rules/blame.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

/// One reason among several that a phase gives.
struct charge {
  std::size_t phase = 0;  ///< that is blamed
  std::size_t origin = 0; ///< phase whose scope counts
  failure_policy policy;
  error why;
};

bool goes_on(const plan& of, std::size_t phase) {
  return of.phases[phase].on_failure.then == after_failure::go_on;
}

/// The last stage that was deployed and stands; there is one when a guard looks at something.
std::size_t deployed_last(const run& now) {
  std::size_t last = 0;
  for (std::size_t stage = 0; stage < now.deploys.size() && now.deploys[stage] < now.at; ++stage)
    if (!now.fallen.contains(stage))
      last = stage;
  return last;
}

/// The next phase of the details: what a cancel between two phases hits.
std::size_t guarded(const plan& of, std::size_t phase) {
  while (of.phases[phase].kind == phase_kind::guard)
    ++phase;
  return phase;
}

charge by_cancel(const plan& of, const run& now, std::size_t phase) {
  const auto blamed = guarded(of, phase);
  charge made{blamed, blamed, of.phases[blamed].on_failure, *now.phases[phase].why};
  made.policy.then = after_failure::stop;
  if (now.touched == 0) {
    made.policy.rollback = scope::all;
    made.policy.ends = status::aborted;
  }
  return made;
}

/// Somebody else owns a host: this run has no business going on.
charge by_lost_lease(const plan& of, std::size_t phase, const error& why) {
  const auto blamed = guarded(of, phase);
  charge made{blamed, blamed, of.phases[blamed].on_failure, why};
  if (!goes_on(of, blamed))
    made.policy.rollback = scope::all;
  made.policy.ends = status::failed;
  made.policy.alert = severity::critical;
  made.policy.then = after_failure::stop;
  return made;
}

std::vector<charge> by_guard(const plan& of, const run& now, std::size_t phase) {
  std::vector<charge> found;
  const auto last = deployed_last(now);
  for (const auto& fault : now.phases[phase].faults) {
    const auto blamed = now.deploys[*fault.stage];
    const auto& policy = of.phases[*fault.stage == last ? blamed : phase].on_failure;
    found.push_back({blamed, blamed, policy, fault.why});
  }
  return found;
}

/// verification.rollback: failing_stage.
std::vector<charge> by_stages(const plan& of, const run& now, std::size_t phase) {
  std::vector<charge> found;
  for (const auto& fault : now.phases[phase].faults) {
    const auto origin = fault.stage ? now.deploys[*fault.stage] : phase;
    found.push_back({phase, origin, of.phases[origin].on_failure, fault.why});
  }
  return found;
}

std::vector<charge> charges(const plan& of, const run& now, std::size_t phase) {
  const auto& state = now.phases[phase];
  const auto& spec = of.phases[phase];
  const auto lost = std::find_if(state.faults.begin(), state.faults.end(),
                                 [](const auto& one) { return one.why.code == ec::lease_lost; });
  if (lost != state.faults.end())
    return {by_lost_lease(of, phase, lost->why)};
  if (state.cancelled)
    return {by_cancel(of, now, phase)};
  if (spec.kind == phase_kind::guard)
    return by_guard(of, now, phase);
  if (spec.kind == phase_kind::verification
      && of.fleet.verification.rollback == verification_rollback::failing_stage)
    return by_stages(of, now, phase);
  return {{phase, phase, spec.on_failure, *state.why}};
}

/// rollback_on_failure: false.
status without_rollback(const phase& blamed, status ends) {
  switch (blamed.kind) {
  case phase_kind::pre_flight:
  case phase_kind::secrets_sync:
  case phase_kind::snapshots:
    return status::aborted;
  default:
    break;
  }
  if (ends == status::partial_success || ends == status::aborted)
    return ends;
  return status::failed;
}

} // namespace

std::set<std::size_t> stages_in(const plan& of, const run& now, scope over, std::size_t phase) {
  std::set<std::size_t> found;
  for (std::size_t stage = 0; stage < of.stages.size(); ++stage) {
    const bool covered = over == scope::all || (over == scope::self && now.deploys[stage] == phase)
                         || (over == scope::upstream && now.deploys[stage] <= phase);
    if (covered)
      found.insert(stage);
  }
  return found;
}

bool is_judged(const plan& of, const run& now, std::size_t stage) {
  return of.stages[stage].verify == verify_mode::gate && !now.fallen.contains(stage);
}

failure judge(const plan& of, const run& now, std::size_t phase) {
  const auto found = charges(of, now, phase);
  const auto& first = found.front();
  failure made;
  made.phase = first.phase;
  made.policy = first.policy;
  made.why = first.why;
  made.by_guard = of.phases[phase].kind == phase_kind::guard && !now.phases[phase].cancelled;
  for (const auto& one : found) {
    if (made.policy.ends < one.policy.ends) {
      made.phase = one.phase;
      made.why = one.why;
      made.policy.ends = one.policy.ends;
    }
    made.policy.rollback = std::max(made.policy.rollback, one.policy.rollback);
    made.policy.alert = std::max(made.policy.alert, one.policy.alert);
    made.policy.then = std::min(made.policy.then, one.policy.then);
    if (goes_on(of, one.origin))
      made.contained.merge(stages_in(of, now, scope::self, one.origin));
    made.meant.merge(stages_in(of, now, one.policy.rollback, one.origin));
  }
  made.stages = made.meant;
  if (!of.request.rollback_on_failure) {
    made.stages.clear();
    made.policy.rollback = scope::none;
    made.policy.ends = without_rollback(of.phases[made.phase], made.policy.ends);
  }
  return made;
}

} // namespace baton
