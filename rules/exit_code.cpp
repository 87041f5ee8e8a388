#include "rules/exit_code.hpp"

#include "rules/blame.hpp"
#include "rules/plan.hpp"
#include "rules/serves.hpp"

#include <algorithm>

namespace baton {

namespace {

bool was_refused_by_lease(const run& now) {
  const auto& faults = now.phases.front().faults;
  return std::any_of(faults.begin(), faults.end(),
                     [](const auto& one) { return one.why.code == ec::lease_held; });
}

/// Whether this stage should not serve the new release: it failed, or a policy wanted it back on
/// what it served before. Whether it was rolled back is another question.
bool should_go_back(const run& now, std::size_t stage) {
  return std::any_of(now.failures.begin(), now.failures.end(), [&](const failure& one) {
    return one.meant.contains(stage) || one.phase == now.deploys[stage];
  });
}

/// What it should serve: the new release, or else what it served before.
bool serves_what_it_should(const run& now, unit_id stack, serves serving, bool back) {
  const auto& truth = now.units[stack];
  if (!truth.touched)
    return true;
  if (!back)
    return serving == serves::new_release;
  // Nothing that ran, and no good release to bring back instead.
  const bool nothing_before =
      truth.before && truth.before->releases.empty() && truth.before->last_good.empty();
  return serving == (nothing_before ? serves::none : serves::old_release);
}

/// A stack where the run leaves work to a person.
bool needs_a_person(const plan& of, const run& now, unit_id stack) {
  const auto stage = *now.units[stack].stage;
  const bool back = should_go_back(now, stage);
  // A machine that may sleep is no reason to wake somebody.
  if (!back && of.stages[stage].verify == verify_mode::report)
    return false;
  const auto serving = stack_serves(of, now, stack);
  if (serving == serves::unknown || now.units[stack].view->healthy == false)
    return true;
  return !serves_what_it_should(now, stack, serving, back);
}

bool somebody_is_needed(const plan& of, const run& now, const result& of_run) {
  if (!of_run.rollback_failed.empty())
    return true;
  for (unit_id host = 1; host < of.units.size(); ++host) {
    const auto [first, last] = stacks_of(of, host);
    if (!of.units[host].stack.empty() || !is_changed(of, now, host))
      continue;
    for (auto stack = first; stack < last; ++stack)
      if (needs_a_person(of, now, stack))
        return true;
  }
  return false;
}

} // namespace

int exit_code_of(const plan& of, const run& now, const result& of_run) {
  if (!of_run.status)
    return 75;
  if (*of_run.status == status::aborted && was_refused_by_lease(now))
    return 3;
  if (somebody_is_needed(of, now, of_run))
    return 2;
  if (*of_run.status == status::partial_success)
    return 4;
  if (*of_run.status == status::success)
    return 0;
  if (of_run.cancelled_by == "SIGINT")
    return 130;
  if (of_run.cancelled_by == "SIGHUP")
    return 129;
  return of_run.cancelled_by == "SIGTERM" ? 143 : 1;
}

} // namespace baton
