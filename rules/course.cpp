#include "rules/course.hpp"

#include "rules/alerts.hpp"
#include "rules/open_phase.hpp"
#include "rules/plan.hpp"

namespace baton {

std::optional<phase_place> phase_due(const run& now) {
  if (!now.began || now.open || !now.to_roll_back.empty() || now.ending.ended)
    return std::nullopt;
  if (!now.stages_left.empty())
    return phase_place{track::rollback, now.stages_left.rbegin()->first};
  if (!now.stopped && now.at < now.phases.size())
    return phase_place{track::forward, now.at};
  return phase_place{track::ending, 0};
}

void go_on_from(const plan& of, run& now, std::size_t phase) {
  now.at = phase;
  while (now.at < of.phases.size() && of.phases[now.at].skipped)
    ++now.at;
}

bool is_rolling_back(const run& now) {
  return !now.to_roll_back.empty() || !now.stages_left.empty();
}

void plan_rollback(const plan& of, run& now, std::size_t stage) {
  for (auto host : now.hosts_of_stage[stage]) {
    const auto [first, last] = stacks_of(of, host);
    for (auto stack = first; stack < last; ++stack) {
      auto& truth = now.units[stack];
      if (!truth.owes_rollback())
        continue;
      if (!now.units[host].lost) {
        now.to_roll_back.push_back(stack);
        continue;
      }
      truth.rollback_failed = true;
      const auto& why = now.failures.back();
      fail_rollback(of, now, host, why.why, why.contained.contains(stage));
    }
  }
}

void cancel(const plan& of, run& now, const std::string& by, time_point at) {
  if (now.stopped || now.at == now.phases.size())
    return;
  if (is_rolling_back(now)) {
    // It finishes; what would have come after it does not.
    now.stopped = true;
    now.cancelled_by = by;
  } else if (now.open) {
    open_phase{of, now, at}.cancel(by);
  } else {
    now.cancel_pending = by;
  }
}

} // namespace baton
