#include "rules/course.hpp"
#include "rules/details.hpp"
#include "rules/exit_code.hpp"
#include "rules/open_phase.hpp"
#include "rules/plan.hpp"
#include "rules/run.hpp"
#include "rules/serves.hpp"
#include "rules/status.hpp"

#include <chrono>
#include <map>

namespace baton {

namespace {

run_state state_of_run(const run& now) {
  if (!now.began)
    return run_state::queued;
  if (now.ending.ended)
    return run_state::finished;
  if (is_rolling_back(now))
    return run_state::rolling_back;
  if (!now.open)
    return run_state::running;
  const auto& phase = state_of(now, *now.open);
  const bool waits = phase.backing_off > 0 && phase.running.empty() && phase.ready.empty();
  return waits ? run_state::waiting : run_state::running;
}

/// The phase in progress, or the last one.
std::string phase_now(const plan& of, const run& now) {
  std::string name = of.phases.front().id;
  for (std::size_t index = 0; index < of.phases.size(); ++index)
    if (now.phases[index].began && of.phases[index].kind != phase_kind::guard)
      name = of.phases[index].id;
  return name;
}

void decide(result& made, const plan& of, const run& now) {
  if (const auto* by = deciding(now)) {
    made.phase = of.phases[by->phase].id;
    made.why = by->why;
  } else if (now.worsened_by) {
    // Nothing went wrong but at the very end: a put-back, or a lease.
    made.phase = now.worsened_by->code == ec::lease_lost ? phase_now(of, now) : "secrets_sync";
    made.why = now.worsened_by;
  } else {
    made.phase = phase_now(of, now);
  }
}

void name_hosts(result& made, const plan& of, const run& now) {
  std::map<std::string_view, unit_id> units;
  for (unit_id host = 1; host < of.units.size(); ++host) {
    if (!of.units[host].stack.empty())
      continue;
    units[of.units[host].host] = host;
    if (is_changed(of, now, host))
      made.changed.push_back(of.units[host].host);
  }
  // People read them in the order of the stages.
  for (const auto& stage : of.stages)
    for (const auto& name : stage.hosts) {
      const auto host = units.at(name);
      made.host_order.push_back(name);
      const auto& line = made.hosts[name] =
          host_line(of, now, host, made.state == run_state::finished);
      if (line.serves == serves::new_release)
        made.systems_deployed.push_back(name);
    }
}

/// The commit that the ref stood for; before that is known, the ref.
std::string commit_of(const plan& of, const run& now) {
  const auto& known = now.phases.front().facts;
  const auto found = known.find("commit");
  return found == known.end() ? of.request.commit_hash : found->second;
}

} // namespace

result verdict(const plan& of, const run& now, time_point at) {
  if (now.finished)
    return *now.finished;
  result made;
  made.run = of.run;
  made.state = state_of_run(now);
  made.environment = of.request.environment;
  made.commit = commit_of(of, now);
  made.release = of.release;
  made.retries = of.retries;
  made.returns_to = of.returns_to;
  made.fleet = of.fleet.name;
  if (now.began)
    made.duration_seconds = std::chrono::duration<double>(at - *now.began).count();
  if (made.state == run_state::finished)
    made.status = status_of(of, now);
  decide(made, of, now);
  made.cancelled = now.cancelled_by.has_value();
  made.cancelled_by = now.cancelled_by.value_or("");
  made.rollback_failed.assign(now.rollback_failed.begin(), now.rollback_failed.end());
  name_hosts(made, of, now);
  made.details = details_of(of, now, at);
  made.warnings = now.warnings;
  made.exit_code = exit_code_of(of, now, made);
  return made;
}

} // namespace baton
