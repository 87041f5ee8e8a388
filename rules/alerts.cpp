#include "rules/alerts.hpp"

#include "rules/plan.hpp"

namespace baton {

namespace {

bool goes_back(const plan& of, const run& now, std::size_t stage) {
  for (auto host : now.hosts_of_stage[stage]) {
    const auto [first, last] = stacks_of(of, host);
    for (auto stack = first; stack < last; ++stack)
      if (now.units[stack].owes_rollback())
        return true;
  }
  return false;
}

std::string consequence(const plan& of, const run& now, const failure& about) {
  std::string text;
  for (auto stage : about.stages)
    if (goes_back(of, now, stage))
      text += (text.empty() ? "; rolling back " : ", ") + of.stages[stage].name;
  if (!about.contained.empty())
    text += "; manual intervention required";
  return text;
}

} // namespace

void alert_failure(const plan& of, run& now, const failure& about) {
  if (about.policy.alert == severity::none)
    return;
  const auto& phase = of.phases[about.phase].id;
  // The controller is no host that an alert could be about.
  const auto host = about.why.target == controller_name ? std::string{} : about.why.target;
  const auto* const how = about.why.code == ec::cancelled ? ": " // `cancelled by SIGINT`
                          : about.by_guard                ? " was found ill: "
                                                          : " failed: ";
  now.alerts.push_back({about.policy.alert, phase, host,
                        phase + how + describe(about.why) + consequence(of, now, about)});
}

void fail_rollback(const plan& of, run& now, unit_id on, const error& why, bool excused) {
  const auto& host = of.units[on].host;
  if (!excused && !now.worsened_by)
    now.worsened_by = why;
  if (!now.rollback_failed.insert(host).second)
    return;
  const auto& phase =
      now.failures.empty() ? "secrets_sync" : of.phases[now.failures.back().phase].id;
  const bool is_anothers = why.code == ec::lease_lost;
  now.alerts.push_back(
      {severity::critical, phase, host,
       host + (is_anothers ? " was not brought back: " : " could not be brought back: ")
           + describe(why)
           + (is_anothers ? "; look how it stands, `baton health " + host + "`"
                          : "; manual intervention required")});
}

} // namespace baton
