#include "rules/plan_phases.hpp"

#include "rules/plan.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

/// A unit's step on its own host.
assignment at_home(const plan& of, unit_id which) {
  return {which, of.units[which].host};
}

std::vector<assignment> at_home(const plan& of, const std::vector<unit_id>& which) {
  std::vector<assignment> on;
  on.reserve(which.size());
  for (auto one : which)
    on.push_back(at_home(of, one));
  return on;
}

/// Every leased host as such.
std::vector<assignment> on_hosts(const plan& of, const unit_index& where) {
  std::vector<assignment> on;
  for (const auto& host : of.hosts)
    on.push_back({where.hosts.at(host), host});
  return on;
}

/// Hosts whose secret files this run may change: not those that only take others' snapshots.
std::vector<assignment> on_secrets(const plan& of, const unit_index& where) {
  auto on = on_hosts(of, where);
  if (may_write_secrets_everywhere(of.fleet))
    return on;
  std::erase_if(on, [&](const assignment& one) {
    return std::none_of(of.stages.begin(), of.stages.end(), [&](const stage& in) {
      return std::find(in.hosts.begin(), in.hosts.end(), one.target) != in.hosts.end();
    });
  });
  return on;
}

/// What belongs to no stack and no leased host is counted on the controller.
assignment on_target(const unit_index& where, const std::string& target) {
  const auto found = where.hosts.find(target);
  return {found == where.hosts.end() ? unit_id{0} : found->second, target};
}

std::vector<assignment> on_stacks(const plan& of, const unit_index& where, std::size_t stages) {
  std::vector<unit_id> all;
  for (std::size_t stage = 0; stage < stages; ++stage) {
    const auto more = units_of_stage(of, where, stage);
    all.insert(all.end(), more.begin(), more.end());
  }
  std::sort(all.begin(), all.end());
  return at_home(of, all);
}

std::vector<std::size_t> stages_with_snapshots(const plan& of) {
  std::vector<std::size_t> stages;
  for (std::size_t index = 0; index < of.stages.size(); ++index)
    if (of.stages[index].snapshot)
      stages.push_back(index);
  return stages;
}

/// Each host's snapshot, where its tool runs.
std::vector<assignment> on_snapshots(const plan& of, const unit_index& where,
                                     const std::vector<std::size_t>& stages) {
  std::vector<assignment> on;
  for (auto index : stages) {
    const auto& stage = of.stages[index];
    for (const auto& host : stage.hosts)
      on.push_back({where.hosts.at(host), stage.snapshot->on.empty() ? host : stage.snapshot->on});
  }
  std::sort(on.begin(), on.end(),
            [](const assignment& a, const assignment& b) { return a.of < b.of; });
  return on;
}

step_spec make_step(step_kind kind, std::vector<assignment> on, duration deadline) {
  step_spec made;
  made.kind = kind;
  made.on = std::move(on);
  made.deadline = deadline;
  return made;
}

step_spec with_barrier(step_spec one) {
  one.barrier = true;
  return one;
}

step_spec that_changes(step_spec one, bool repeatable) {
  one.changes = true;
  one.repeatable = repeatable;
  return one;
}

phase make_phase(std::string id, phase_kind kind, std::vector<step_spec> steps,
                 const failure_policy& on_failure, const retry_policy& retry = {}) {
  phase made;
  made.id = std::move(id);
  made.kind = kind;
  made.steps = std::move(steps);
  made.on_failure = on_failure;
  made.retry = retry;
  return made;
}

/// The window of a gate keeps its own time; this is only the end of the step that holds it, with
/// room for the containers' start periods, which nobody knows before.
duration gate_deadline(const plan& of, const stage& one) {
  duration longest{0};
  for (const auto& stack : one.stacks)
    longest = std::max(longest, stack.health.deadline + stack.health.steady);
  return longest + of.fleet.deadlines.activate;
}

} // namespace

unit_index index_units(const plan& of) {
  unit_index where;
  for (unit_id one = 0; one < of.units.size(); ++one)
    if (of.units[one].stack.empty())
      where.hosts.emplace(of.units[one].host, one);
  return where;
}

std::vector<unit_id> units_of_stage(const plan& of, const unit_index& where, std::size_t stage) {
  std::vector<unit_id> found;
  for (const auto& host : of.stages[stage].hosts) {
    const auto first = where.hosts.at(host) + 1;
    for (std::size_t nth = 0; nth < of.stages[stage].stacks.size(); ++nth)
      found.push_back(first + nth);
  }
  std::sort(found.begin(), found.end());
  return found;
}

phase pre_flight_phase(const plan& of, const unit_index& where) {
  const auto& limit = of.fleet.deadlines;
  const auto stacks = on_stacks(of, where, of.stages.size());
  auto inspected = stacks;
  // A host without a stack is looked at as such.
  for (const auto& as_such : on_hosts(of, where))
    if (const auto [first, last] = stacks_of(of, as_such.of); first == last)
      inspected.push_back(as_such);
  std::sort(inspected.begin(), inspected.end(),
            [](const assignment& a, const assignment& b) { return a.of < b.of; });
  std::vector<step_spec> steps{
      make_step(step_kind::lease, on_hosts(of, where), limit.pre_flight),
      with_barrier(make_step(step_kind::inspect, std::move(inspected), limit.pre_flight)),
      make_step(step_kind::baseline, stacks, limit.pre_flight)};
  if (of.returns_to.empty())
    steps.insert(steps.begin(),
                 make_step(step_kind::resolve, {{0, controller_name}}, limit.pre_flight));
  auto made = make_phase("pre_flight", phase_kind::pre_flight, std::move(steps),
                         of.fleet.pre_flight_on_failure);
  made.report_all = true;
  return made;
}

phase secrets_phase(const plan& of, const unit_index& where) {
  const auto& secrets = of.fleet.secrets;
  if (secrets.driver == secrets_driver::none)
    return skipped_phase("secrets_sync", phase_kind::secrets_sync, "no driver");
  if (!of.returns_to.empty())
    return skipped_phase("secrets_sync", phase_kind::secrets_sync, "rollback");
  const auto limit = of.fleet.deadlines.secrets;
  const auto hosts = on_secrets(of, where);
  const bool by_script = secrets.driver == secrets_driver::script;
  const bool once = by_script && secrets.on != "each_host";
  auto sync = make_step(step_kind::sync_secrets,
                        once ? std::vector{on_target(where, secrets.on)} : hosts, limit);
  return make_phase(
      "secrets_sync", phase_kind::secrets_sync,
      {with_barrier(that_changes(make_step(step_kind::save_secrets, hosts, limit), true)),
       with_barrier(that_changes(std::move(sync), !by_script)),
       make_step(step_kind::compare_secrets, hosts, limit)},
      of.fleet.secrets_on_failure, of.fleet.secrets_retry);
}

phase snapshots_phase(const plan& of, const unit_index& where) {
  const auto stages = stages_with_snapshots(of);
  if (stages.empty())
    return skipped_phase("snapshots", phase_kind::snapshots, "no driver");
  auto create = make_step(step_kind::create_snapshot, on_snapshots(of, where, stages),
                          of.fleet.deadlines.snapshot);
  return make_phase("snapshots", phase_kind::snapshots, {that_changes(std::move(create), false)},
                    of.fleet.snapshots_on_failure);
}

phase deploy_phase_of(const plan& of, const unit_index& where, std::size_t stage) {
  const auto& one = of.stages[stage];
  const auto& limit = of.fleet.deadlines;
  const auto units = at_home(of, units_of_stage(of, where, stage));
  const auto within = [&one](duration usual) {
    return one.deadline > duration{0} ? one.deadline : usual;
  };
  auto made = make_phase(
      one.name, phase_kind::deploy,
      {with_barrier(make_step(step_kind::prepare, units, within(limit.prepare))),
       that_changes(make_step(step_kind::activate, units, within(limit.activate)), false),
       make_step(step_kind::gate, units, within(gate_deadline(of, one)))},
      one.on_failure, one.retry);
  made.stage = stage;
  return made;
}

phase guard_phase(const plan& of, const unit_index& where, std::size_t deployed,
                  const phase& next) {
  const auto limit = of.fleet.guard_unreachable_after + of.fleet.deadlines.pre_flight;
  auto made =
      make_phase("guard:" + next.id, phase_kind::guard,
                 {make_step(step_kind::guard, on_stacks(of, where, deployed), limit)},
                 {scope::all, status::rolled_back, severity::critical, after_failure::stop});
  made.stage = next.stage;
  return made;
}

phase tests_phase(const plan& of, const unit_index& where) {
  const auto& tests = of.fleet.tests;
  if (of.request.skip_tests)
    return skipped_phase("tests", phase_kind::tests, "skip_tests");
  if (!tests.wanted)
    return skipped_phase("tests", phase_kind::tests, "no tests configured");
  if (!of.retries.empty() || !of.returns_to.empty())
    return skipped_phase("tests", phase_kind::tests, of.retries.empty() ? "rollback" : "retry");
  auto run =
      make_step(step_kind::run_tests, {on_target(where, tests.on)}, of.fleet.deadlines.tests);
  run.repeatable = false;
  return make_phase("tests", phase_kind::tests, {std::move(run)}, tests.on_failure, tests.retry);
}

phase verification_phase(const plan& of, const unit_index& where) {
  const auto limit = of.fleet.deadlines.verification;
  std::vector<step_spec> steps{
      make_step(step_kind::verify, on_stacks(of, where, of.stages.size()), limit)};
  if (!of.fleet.verification.checks.empty())
    steps.push_back(make_step(step_kind::verify_checks, {{0, controller_name}}, limit));
  return make_phase("verification", phase_kind::verification, std::move(steps),
                    of.fleet.verification.on_failure, of.fleet.verification.retry);
}

phase rollback_phase(const plan& of, const unit_index& where, std::size_t stage) {
  const auto& one = of.stages[stage];
  const auto& limit = of.fleet.deadlines;
  const auto units = at_home(of, units_of_stage(of, where, stage));
  auto restore = that_changes(make_step(step_kind::restore, units, limit.rollback), true);
  auto gate = make_step(step_kind::gate, units, gate_deadline(of, one));
  // What comes first is tried first. A snapshot brings files back, no more: the stacks are restored
  // from them afterwards.
  std::vector<step_spec> steps{std::move(restore)};
  if (rolls_back_by_snapshot(one)) {
    const bool app_first = one.rollback_with == rollback_method::app_then_snapshot;
    steps.insert(
        app_first ? steps.end() : steps.begin(),
        that_changes(make_step(step_kind::restore_snapshot, on_snapshots(of, where, {stage}),
                               std::max(limit.rollback, limit.snapshot)),
                     false));
  }
  steps.push_back(std::move(gate));
  auto made =
      make_phase("rollback:" + one.name, phase_kind::rollback, std::move(steps), one.on_failure);
  made.stage = stage;
  return made;
}

phase ending_phase(const plan& of, const unit_index& where) {
  const auto& limit = of.fleet.deadlines;
  const auto stacks = on_stacks(of, where, of.stages.size());
  const auto hosts = on_hosts(of, where);
  const auto snapshots = on_snapshots(of, where, stages_with_snapshots(of));
  return make_phase(
      "ending", phase_kind::ending,
      {with_barrier(make_step(step_kind::look, stacks, limit.pre_flight)),
       with_barrier(that_changes(
           make_step(step_kind::put_back_secrets, on_secrets(of, where), limit.secrets), true)),
       with_barrier(make_step(step_kind::delete_snapshot, snapshots, limit.snapshot)),
       with_barrier(make_step(step_kind::settle, stacks, limit.pre_flight)),
       make_step(step_kind::release_lease, hosts, limit.pre_flight)},
      {scope::none, status::success, severity::none, after_failure::go_on});
}

phase skipped_phase(std::string id, phase_kind kind, std::string reason) {
  auto made = make_phase(std::move(id), kind, {}, {});
  made.skipped = std::move(reason);
  return made;
}

} // namespace baton
