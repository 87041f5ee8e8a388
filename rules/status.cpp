#include "rules/status.hpp"

#include "rules/plan.hpp"
#include "rules/serves.hpp"

#include <algorithm>

namespace baton {

namespace {

/// A part is only a success if there is a part: some host of a stage before serves the new release;
/// of a retry that is what the retried run has left.
bool earlier_stage_serves_new(const plan& of, const run& now, const failure& than) {
  if (!of.retries.empty())
    return true;
  for (std::size_t stage = 0; stage < of.stages.size(); ++stage) {
    if (now.deploys[stage] >= than.phase)
      return false;
    for (auto unit : now.hosts_of_stage[stage])
      if (host_serves(of, now, unit) == serves::new_release)
        return true;
  }
  return false;
}

} // namespace

const failure* deciding(const run& now) {
  const auto worst = std::max_element(
      now.failures.begin(), now.failures.end(),
      [](const failure& a, const failure& b) { return a.policy.ends < b.policy.ends; });
  return worst == now.failures.end() ? nullptr : &*worst;
}

status status_of(const plan& of, const run& now) {
  if (now.worsened_by)
    return status::failed;
  const auto* worst = deciding(now);
  if (worst == nullptr)
    return status::success;
  if (worst->policy.ends != status::partial_success)
    return worst->policy.ends;
  const bool partly =
      std::all_of(now.failures.begin(), now.failures.end(),
                  [&](const failure& one) { return earlier_stage_serves_new(of, now, one); });
  return partly ? status::partial_success : status::failed;
}

} // namespace baton
