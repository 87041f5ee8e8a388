#include "rules/plan.hpp"

#include "rules/plan_phases.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace baton {

namespace {

/// Hosts that the run may change: those of its stages, those that take snapshots of them, and the
/// whole fleet when a script may write secrets to all of it.
std::vector<std::string> leased_hosts(const fleet& from, const std::vector<stage>& stages,
                                      bool syncs_secrets) {
  std::set<std::string> hosts;
  for (const auto& stage : stages)
    hosts.insert(stage.hosts.begin(), stage.hosts.end());
  for (const auto& stage : stages)
    if (stage.snapshot && find_host(from, stage.snapshot->on) != nullptr)
      hosts.insert(stage.snapshot->on);
  if (syncs_secrets && may_write_secrets_everywhere(from))
    for (const auto& host : from.hosts)
      hosts.insert(host.reach.name);
  return {hosts.begin(), hosts.end()};
}

std::vector<unit> units_of(const plan& of) {
  std::map<std::string, std::size_t> stage_of;
  for (std::size_t index = 0; index < of.stages.size(); ++index)
    for (const auto& host : of.stages[index].hosts)
      stage_of.emplace(host, index);
  std::vector<unit> units{{controller_name, ""}};
  for (const auto& host : of.hosts) {
    units.push_back({host, ""});
    const auto found = stage_of.find(host);
    if (found == stage_of.end())
      continue;
    for (const auto& stack : of.stages[found->second].stacks)
      units.push_back({host, stack.name});
  }
  return units;
}

/// The stages before the first that is not staging: what tests may speak of.
std::size_t leading_staging(const std::vector<stage>& stages) {
  const auto first = std::find_if(stages.begin(), stages.end(),
                                  [](const stage& one) { return one.role != role::staging; });
  return static_cast<std::size_t>(first - stages.begin());
}

/// Why a stage of the fleet is not in this run.
std::string why_left_out(const plan& made, const std::string& stage) {
  const auto& wanted = find_environment(made.fleet, made.request.environment)->stages;
  if (std::find(wanted.begin(), wanted.end(), stage) == wanted.end())
    return "environment";
  return made.retries.empty() ? "stage" : "retry";
}

void add_phases(plan& made) {
  const auto where = index_units(made);
  auto& phases = made.phases;
  // A look at what is deployed already goes before whatever builds on it.
  const auto add = [&](phase next, std::size_t deployed) {
    if (deployed > 0 && !next.skipped)
      phases.push_back(guard_phase(made, where, deployed, next));
    phases.push_back(std::move(next));
  };
  phases.push_back(pre_flight_phase(made, where));
  phases.push_back(secrets_phase(made, where));
  phases.push_back(snapshots_phase(made, where));
  const auto tested = leading_staging(made.stages);
  for (std::size_t stage = 0; stage < made.stages.size(); ++stage) {
    if (stage == tested)
      add(tests_phase(made, where), stage);
    add(deploy_phase_of(made, where, stage), stage);
  }
  if (tested == made.stages.size())
    add(tests_phase(made, where), tested);
  for (const auto& stage : made.fleet.stages) {
    const bool here = std::any_of(made.stages.begin(), made.stages.end(),
                                  [&](const auto& one) { return one.name == stage.name; });
    if (!here)
      phases.push_back(
          skipped_phase(stage.name, phase_kind::deploy, why_left_out(made, stage.name)));
  }
  phases.push_back(verification_phase(made, where));
  for (std::size_t stage = 0; stage < made.stages.size(); ++stage)
    made.rollback.push_back(rollback_phase(made, where, stage));
  made.ending = ending_phase(made, where);
}

bool is_a_ref(const std::string& text) {
  return !text.empty() && text.front() != '-'
         && std::all_of(text.begin(), text.end(),
                        [](unsigned char one) { return one > ' ' && one != 127; });
}

} // namespace

expected<plan> make_plan(const fleet& from, const request& asked, const run_ids& ids, time_point at,
                         const std::string& by, const plan_origin& origin) {
  plan made;
  made.request = asked;
  auto& name = made.request.environment;
  if (name.empty())
    name = from.default_environment;
  const auto* chosen = find_environment(from, name);
  if (chosen == nullptr) {
    std::string known;
    for (const auto& each : from.environments)
      known += (known.empty() ? "; known: " : ", ") + each.name;
    return unexpected(ec::config_invalid,
                      "no environment is named `" + name + "` in " + from.file + known);
  }
  if (!is_a_ref(asked.commit_hash))
    return unexpected(ec::usage, "`" + asked.commit_hash + "` is not a branch, tag or commit");
  for (const auto& wanted : chosen->stages) {
    const auto* found = find_stage(from, wanted);
    if (found == nullptr)
      return unexpected(ec::config_invalid, "environment `" + name + "` names a stage `" + wanted
                                                + "` that " + from.file + " does not have");
    if (origin.stages.empty() || origin.stages.contains(wanted))
      made.stages.push_back(*found);
  }
  for (const auto& wanted : origin.stages)
    if (std::find(chosen->stages.begin(), chosen->stages.end(), wanted) == chosen->stages.end())
      return unexpected(ec::usage, "environment `" + name + "` has no stage `" + wanted + "`");
  made.run = ids.run;
  made.release = ids.release;
  made.requested_at = at;
  made.requested_by = by;
  made.retries = origin.retries;
  made.returns_to = origin.returns_to;
  made.commits = origin.commits;
  made.recalls = origin.recalls;
  made.fleet = from;
  made.hosts = leased_hosts(from, made.stages, made.returns_to.empty());
  made.units = units_of(made);
  add_phases(made);
  return made;
}

unit_id host_unit(const plan& of, unit_id which) {
  while (!of.units[which].stack.empty())
    --which;
  return which;
}

std::pair<unit_id, unit_id> stacks_of(const plan& of, unit_id host) {
  auto last = host + 1;
  while (last < of.units.size() && of.units[last].host == of.units[host].host)
    ++last;
  return {host + 1, last};
}

std::size_t deploy_phase(const plan& of, std::size_t stage) {
  const auto found = std::find_if(of.phases.begin(), of.phases.end(), [&](const phase& one) {
    return one.kind == phase_kind::deploy && one.stage == stage;
  });
  return static_cast<std::size_t>(found - of.phases.begin());
}

bool rolls_back_by_snapshot(const stage& one) {
  return one.snapshot && one.snapshot->covers == snapshot_covers::stack
         && one.rollback_with != rollback_method::app;
}

bool may_write_secrets_everywhere(const fleet& in) {
  return in.secrets.driver == secrets_driver::script && in.secrets.reach == secrets_scope::fleet;
}

} // namespace baton
