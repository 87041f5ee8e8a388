#include "cli/report/report.hpp"

#include "cli/report/failures.hpp"
#include "cli/report/last_lines.hpp"
#include "cli/report/next_steps.hpp"
#include "rules/plan.hpp"
#include "rules/serves.hpp"

#include <algorithm>

namespace baton {

namespace {

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Why a host stands under `rollback_failed`: the last that went wrong there while it was taken
/// back; empty: nothing was tried.
std::string why_not_back(const plan& of, const run_story& story, const std::string& host) {
  std::string why;
  for (const auto& fault : story.faults) {
    const auto* in = phase_named(of, fault.phase);
    const bool takes_back =
        in && (in->kind == phase_kind::rollback || in->kind == phase_kind::ending);
    if (of.units[fault.of].host == host && takes_back && fault.why.code != ec::lease_lost)
      why = describe(fault.why);
  }
  return why;
}

bool is_any_restored(const plan& of, const run& now, unit_id host) {
  const auto [first, last] = stacks_of(of, host);
  for (auto stack = first; stack < last; ++stack)
    if (now.units[stack].restored)
      return true;
  return false;
}

/// Whether the policy would have taken it back, had the request not said otherwise.
bool is_left_by_request(const plan& of, const run& now, unit_id host) {
  const auto stage = now.units[host].stage;
  const auto [first, last] = stacks_of(of, host);
  bool touched = false;
  for (auto stack = first; stack < last; ++stack)
    touched = touched || now.units[stack].owes_rollback();
  return touched && stage && !of.request.rollback_on_failure
         && std::any_of(now.failures.begin(), now.failures.end(),
                        [&](const failure& one) { return one.meant.contains(*stage); });
}

/// The units of hosts as such, in the order of the stages; those of no stage behind them.
std::vector<unit_id> hosts_in_order(const plan& of, const run& now) {
  std::vector<unit_id> order;
  for (const auto& hosts : now.hosts_of_stage)
    order.insert(order.end(), hosts.begin(), hosts.end());
  for (unit_id host = 1; host < of.units.size(); ++host)
    if (of.units[host].stack.empty() && !now.units[host].stage)
      order.push_back(host);
  return order;
}

void tell_of_rollbacks(run_report& to, const plan& of, const run_story& story, const result& how) {
  for (const auto& host : how.rollback_failed)
    if (auto why = why_not_back(of, story, host); !why.empty())
      to.not_rolled_back.push_back({host, std::move(why)});
    else
      to.not_rolled_back.push_back({host, "its lease is not this run's any more", false});
  for (const auto host : hosts_in_order(of, story.now)) {
    const auto& name = of.units[host].host;
    if (is_among(how.rollback_failed, name))
      continue;
    if (is_any_restored(of, story.now, host))
      to.rolled_back.push_back(name);
    else if (story.now.units[host].secrets_saved && story.now.units[host].secrets_back)
      to.put_back.push_back(name);
    if (is_left_by_request(of, story.now, host))
      to.not_rolled_back.push_back({name, "the request was to roll nothing back", false});
  }
}

void tell_of_hosts(run_report& to, const plan& of, const result& how) {
  for (const auto& stage : of.stages)
    for (const auto& host : stage.hosts) {
      if (const auto found = how.hosts.find(host); found != how.hosts.end())
        to.hosts.push_back({host, found->second});
      if (!is_among(how.changed, host))
        to.not_touched.push_back(host);
    }
}

std::string tests_of(const result& how) {
  std::string text;
  for (const auto& [id, entry] : how.details) {
    if (id != "tests" || entry.outcome != phase_outcome::failed)
      continue;
    const auto say = [&text, &facts = entry.facts](const char* fact, const char* words) {
      if (const auto found = facts.find(fact); found != facts.end())
        text += (text.empty() ? "" : ", ") + found->second + words;
    };
    say("tests", " tests");
    say("failures", " failed");
    say("errors", " with an error");
    if (const auto names = entry.facts.find("failing"); names != entry.facts.end())
      text += (text.empty() ? "" : ": ") + names->second;
  }
  return text;
}

void tell_what_runs(run_report& to, const plan& of, const run& now) {
  if (now.ending.ended)
    return;
  for (const auto& one : steps_running(of, now))
    to.running.push_back(
        {{of.units[one.of].host}, one.phase, std::string{to_string(one.kind)}, {}});
}

} // namespace

run_report make_report(const plan& of, const run_story& story, const result& how,
                       const output_end& output, std::optional<int> worker_pid) {
  run_report made;
  made.run = how.run;
  made.fleet = of.fleet.name;
  made.environment = of.request.environment;
  made.ref = of.request.commit_hash;
  made.commit = how.commit;
  made.requested_by = of.requested_by;
  made.requested_at = of.requested_at;
  made.ended = story.ended;
  made.took = duration{static_cast<std::int64_t>(how.duration_seconds * 1000)};
  made.status = how.status;
  made.under_way = !how.status && worker_pid.has_value();
  made.phase = how.phase;
  made.deployed = !how.systems_deployed.empty();
  made.cancelled_by = how.cancelled_by;
  if (how.why)
    made.why = describe_where(*how.why);
  made.warnings = how.warnings;
  tell_of_hosts(made, of, how);
  if (how.status != status::success) {
    made.tests = tests_of(how);
    made.failures = failures_of(of, story);
    made.outputs = outputs_of(of, story, output, made.silent);
    tell_of_rollbacks(made, of, story, how);
  }
  if (!how.status)
    tell_what_runs(made, of, story.now);
  advise(made, of, how, worker_pid);
  return made;
}

} // namespace baton
