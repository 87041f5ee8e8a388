#include "tests/rules/support/fleets.hpp"

#include "rules/plan.hpp"

#include <stdexcept>
#include <utility>

namespace baton::test {

using namespace std::chrono_literals;

host make_host(const std::string& name) {
  host made;
  made.reach.name = name;
  return made;
}

stage make_stage(const std::string& name, role as, const std::vector<std::string>& hosts) {
  stage made;
  made.name = name;
  made.role = as;
  made.hosts = hosts;
  made.stacks.emplace_back();
  made.stacks.back().name = "app";
  switch (as) {
  case role::staging:
    made.on_failure = {scope::upstream, status::failed, severity::warning, after_failure::stop};
    break;
  case role::production:
    made.on_failure = {scope::upstream, status::rolled_back, severity::critical,
                       after_failure::stop};
    break;
  case role::public_facing:
    made.on_failure = {scope::self, status::partial_success, severity::critical,
                       after_failure::go_on};
    made.retry = {3, 5s, 2, 60s, true};
    break;
  }
  return made;
}

fleet bare_fleet(std::vector<stage> stages) {
  fleet made;
  made.name = "test";
  made.file = "baton.yaml";
  made.default_environment = "production";
  made.environments.push_back({"production", {}});
  for (auto& stage : stages) {
    made.environments.back().stages.push_back(stage.name);
    for (const auto& host : stage.hosts)
      made.hosts.push_back(make_host(host));
    made.stages.push_back(std::move(stage));
  }
  return made;
}

fleet homelab() {
  auto made = bare_fleet({make_stage("thinkpad", role::staging, {"thinkpad"}),
                          make_stage("rtx1080", role::production, {"rtx1080"}),
                          make_stage("vps", role::public_facing, {"vps"})});
  made.name = "homelab";
  made.environments.push_back({"staging", {"thinkpad"}});
  made.secrets.driver = secrets_driver::script;
  made.secrets.script = "~/sync-secrets.sh";
  made.secrets.places.push_back({"~/.env.master", "~/app/.env", compare_mode::keys, {}});
  snapshot_policy snapshots;
  snapshots.script = "~/snapshot.sh";
  made.stages[1].snapshot = snapshots;
  made.stages[1].rollback_with = rollback_method::app_then_snapshot;
  made.tests.wanted = true;
  made.tests.on = "thinkpad";
  made.tests.run.argv = {"pytest"};
  health_check check;
  check.url = "https://example.org/";
  check.on = "controller";
  check.of = "vps";
  made.verification.checks.push_back(check);
  return made;
}

plan plan_for(const fleet& of, const request& asked) {
  auto made = make_plan(of, asked, {"run-1", "new"}, time_point{}, "ann@desk");
  if (!made)
    throw std::runtime_error(made.error().what);
  return std::move(*made);
}

stage& stage_of(fleet& in, const std::string& name) {
  for (auto& one : in.stages)
    if (one.name == name)
      return one;
  throw std::runtime_error("no stage " + name);
}

} // namespace baton::test
