#include "rules/learn.hpp"

#include "rules/plan.hpp"
#include "rules/serves.hpp"

#include <utility>

namespace baton {

namespace {

/// The fact of the run's that a changing step makes true, if it is one that is asked for later.
bool* mark_of(unit_truth& truth, step_kind kind) {
  switch (kind) {
  case step_kind::save_secrets:
    return &truth.secrets_saved;
  case step_kind::create_snapshot:
    return &truth.snapshot_made;
  case step_kind::activate:
    return &truth.touched;
  default:
    return nullptr;
  }
}

void mark(run& now, unit_truth& truth, step_kind kind, bool value) {
  auto* flag = mark_of(truth, kind);
  if (flag == nullptr)
    return;
  if (kind == step_kind::activate)
    now.touched = now.touched - std::size_t{*flag} + std::size_t{value};
  *flag = value;
}

/// The stacks that a step on this unit speaks of.
std::pair<unit_id, unit_id> concerned(const plan& of, unit_id which) {
  return of.units[which].stack.empty() ? stacks_of(of, which) : std::pair{which, which + 1};
}

/// A step may have changed them, or went wrong: they must be looked at again.
void doubt(const plan& of, run& now, unit_id which) {
  const auto [first, last] = concerned(of, which);
  for (auto stack = first; stack < last; ++stack)
    now.units[stack].stale = true;
}

/// Before anything is changed there is no second look: who cannot be asked is unknown.
void lose_sight(const plan& of, run& now, unit_id which) {
  const auto [first, last] = concerned(of, which);
  for (auto stack = first; stack < last; ++stack)
    now.units[stack].view = unit_view{};
}

/// Whether a lease that was not got may be there all the same, and must be released.
bool may_hold(const step_outcome& outcome) {
  return outcome.why->code != ec::lease_held && !outcome.changed_nothing;
}

} // namespace

void learn_begun(const plan& of, run& now, const step_spec& step, unit_run& on) {
  auto& truth = now.units[on.of];
  switch (step.kind) {
  case step_kind::lease:
    truth.lease_held = true;
    break;
  case step_kind::prepare:
    truth.prepared = true;
    break;
  case step_kind::activate:
  case step_kind::restore:
    truth.stale = true;
    break;
  case step_kind::restore_snapshot:
    // The host's files are those of the snapshot, which was taken after the sync.
    truth.secrets_back = false;
    doubt(of, now, on.of);
    break;
  case step_kind::settle:
    now.facts[{step_kind::settle, on.of}]["fate"] =
        now.ends_as <= status::partial_success
                && stack_serves(of, now, on.of) == serves::new_release
            ? "good"
            : "bad";
    break;
  default:
    break;
  }
  const auto* flag = mark_of(truth, step.kind);
  on.changed_before = flag != nullptr && *flag;
  mark(now, truth, step.kind, true);
}

void learn_ended(const plan& of, run& now, const step_spec& step, const unit_run& on,
                 const step_outcome& outcome) {
  auto& truth = now.units[on.of];
  const bool in_pre_flight = now.at == 0;
  if (outcome.changed_nothing)
    mark(now, truth, step.kind, on.changed_before);
  for (const auto& [key, value] : outcome.facts)
    now.facts[{step.kind, on.of}][key] = value;
  if (outcome.view) {
    truth.view = outcome.view;
    truth.viewed_in = now.epoch;
    // Until a host is changed, what its pre-flight could not see is simply unknown.
    truth.stale = !outcome.view->seen && !in_pre_flight;
    if (in_pre_flight && outcome.view->seen)
      truth.before = outcome.view;
  }
  if (!outcome.why) {
    if (step.kind == step_kind::restore)
      now.units[host_unit(of, on.of)].secrets_back = true;
    if (step.kind == step_kind::put_back_secrets)
      truth.secrets_back = true;
    if (step.kind == step_kind::release_lease)
      truth.lease_held = false;
    return;
  }
  if (outcome.why->code == ec::lease_lost)
    now.units[host_unit(of, on.of)].lost = true;
  if (step.kind == step_kind::lease)
    truth.lease_held = may_hold(outcome);
  if (in_pre_flight) {
    if (outcome.why->code == ec::unreachable)
      lose_sight(of, now, on.of);
  } else if (outcome.why->code != ec::cancelled) {
    doubt(of, now, on.of);
  }
}

} // namespace baton
