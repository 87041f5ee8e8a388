#include "rules/ending.hpp"

#include "rules/alerts.hpp"
#include "rules/plan.hpp"
#include "rules/serves.hpp"
#include "rules/status.hpp"

#include <algorithm>

namespace baton {

namespace {

/// The verdict speaks of what is: everybody is looked at again who was looked at before, unless
/// that was the last thing that happened.
bool must_be_looked_at(const run& now, const unit_truth& stack) {
  return stack.stale || (stack.view && stack.viewed_in + 1 < now.epoch);
}

bool is_meant_to_go_back(const run& now, const unit_truth& stack) {
  return std::any_of(now.failures.begin(), now.failures.end(),
                     [&](const failure& one) { return one.meant.contains(*stack.stage); });
}

/// It was deployed, nothing was ever said against it, it is only out of sight.
bool should_serve_new(const run& now, unit_id stack) {
  const auto& truth = now.units[stack];
  return truth.touched && !is_meant_to_go_back(now, truth);
}

/// Whether what goes wrong on this host stays in its stage.
bool is_contained(const run& now, unit_id host) {
  const auto stage = now.units[host].stage;
  return stage && std::any_of(now.failures.begin(), now.failures.end(), [&](const failure& one) {
           return one.contained.contains(*stage);
         });
}

/// The phases are through, so nothing else is taken back for it; but the run cannot vouch for a
/// host that is another's.
void lose_to_another(const plan& of, run& now, unit_id on, const error& why) {
  const auto host = host_unit(of, on);
  if (!is_changed(of, now, host) || is_contained(now, host))
    return;
  if (!now.worsened_by)
    now.worsened_by = why;
  now.ends_as = status_of(of, now);
  now.alerts.push_back({severity::critical, of.phases.back().id, of.units[on].host,
                        of.units[on].host + " was lost at the end of the run: " + describe(why)});
}

} // namespace

bool owes_secrets(const plan& of, const run& now, unit_id host) {
  const auto& truth = now.units[host];
  if (!truth.secrets_saved || truth.secrets_back)
    return false;
  const auto [first, last] = stacks_of(of, host);
  if (first == last)
    return true;
  for (auto stack = first; stack < last; ++stack) {
    const auto serving = stack_serves(of, now, stack);
    if (serving == serves::new_release)
      continue;
    if (serving != serves::unknown || !should_serve_new(now, stack))
      return true;
  }
  return false;
}

bool is_due(const plan& of, const run& now, step_kind step, unit_id on) {
  const auto& truth = now.units[on];
  if (now.units[host_unit(of, on)].lost)
    return false;
  switch (step) {
  case step_kind::look:
    return must_be_looked_at(now, truth);
  case step_kind::put_back_secrets:
    return owes_secrets(of, now, on);
  case step_kind::delete_snapshot:
    return truth.snapshot_made && now.ends_as == status::aborted;
  case step_kind::settle:
    return truth.prepared && stack_serves(of, now, on) != serves::unknown;
  default: // release_lease
    return truth.lease_held;
  }
}

void ending_failed(const plan& of, run& now, step_kind step, unit_id on, const error& why) {
  if (step == step_kind::put_back_secrets)
    return fail_rollback(of, now, on, why, is_contained(now, on));
  if (why.code == ec::lease_lost)
    lose_to_another(of, now, on, why);
  now.warnings.push_back(unit_name(of, on) + ": " + std::string{to_string(step)}
                         + " did not work: " + describe(why));
}

void give_up_lost(const plan& of, run& now) {
  for (unit_id host = 1; host < of.units.size(); ++host)
    if (now.units[host].lost && owes_secrets(of, now, host)) {
      error why;
      why.code = ec::lease_lost;
      why.target = of.units[host].host;
      why.what =
          "the saved secret files of " + why.target + " cannot be put back: its lease is lost";
      fail_rollback(of, now, host, why, is_contained(now, host));
    }
}

} // namespace baton
