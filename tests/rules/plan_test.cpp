#include "rules/plan.hpp"
#include "tests/rules/support/fleets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace baton::test {

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> ids(const plan& of) {
  std::vector<std::string> found;
  for (const auto& phase : of.phases)
    found.push_back(phase.skipped ? "(" + phase.id + ": " + *phase.skipped + ")" : phase.id);
  return found;
}

const phase& phase_of(const plan& of, const std::string& id) {
  return *std::find_if(of.phases.begin(), of.phases.end(),
                       [&](const phase& one) { return one.id == id; });
}

std::vector<std::string> steps(const phase& of) {
  std::vector<std::string> found;
  for (const auto& step : of.steps)
    found.push_back(std::string{to_string(step.kind)} + (step.barrier ? "|" : "")
                    + (step.changes ? "*" : ""));
  return found;
}

std::vector<std::string> targets(const step_spec& of) {
  std::vector<std::string> found;
  for (const auto& one : of.on)
    found.push_back(one.target);
  return found;
}

fleet staged(std::vector<role> roles) {
  std::vector<stage> stages;
  for (auto one : roles) {
    const auto name = "s" + std::to_string(stages.size());
    stages.push_back(make_stage(name, one, {name}));
  }
  auto made = bare_fleet(std::move(stages));
  made.tests.wanted = true;
  made.tests.run.argv = {"true"};
  return made;
}

TEST(plan, of_the_default_fleet_has_eight_phases_and_the_guards_between_them) {
  EXPECT_THAT(ids(plan_for(homelab())),
              ElementsAre("pre_flight", "secrets_sync", "snapshots", "thinkpad", "guard:tests",
                          "tests", "guard:rtx1080", "rtx1080", "guard:vps", "vps", "verification"));
}

TEST(plan, says_why_a_phase_is_not_in_the_run) {
  request asked;
  asked.environment = "staging";
  EXPECT_THAT(ids(plan_for(homelab(), asked)),
              ElementsAre("pre_flight", "secrets_sync", "(snapshots: no driver)", "thinkpad",
                          "guard:tests", "tests", "(rtx1080: environment)", "(vps: environment)",
                          "verification"));
  auto bare =
      bare_fleet({make_stage("a", role::staging, {"a"}), make_stage("b", role::production, {"b"})});
  EXPECT_THAT(ids(plan_for(bare)),
              ElementsAre("pre_flight", "(secrets_sync: no driver)", "(snapshots: no driver)", "a",
                          "(tests: no tests configured)", "guard:b", "b", "verification"));
  asked = {};
  asked.skip_tests = true;
  EXPECT_THAT(ids(plan_for(homelab(), asked)), testing::Contains("(tests: skip_tests)"));
}

TEST(plan, has_tests_after_the_leading_staging_stages) {
  using enum role;
  EXPECT_THAT(ids(plan_for(staged({staging, staging, production}))),
              ElementsAre("pre_flight", testing::_, testing::_, "s0", "guard:s1", "s1",
                          "guard:tests", "tests", "guard:s2", "s2", "verification"));
  // With nothing to try it on they come first, and there is nothing to guard.
  EXPECT_THAT(ids(plan_for(staged({production, staging}))),
              ElementsAre("pre_flight", testing::_, testing::_, "tests", "s0", "guard:s1", "s1",
                          "verification"));
  // A later staging stage does not let production go untested.
  EXPECT_THAT(ids(plan_for(staged({staging, production, staging}))),
              ElementsAre("pre_flight", testing::_, testing::_, "s0", "guard:tests", "tests",
                          "guard:s1", "s1", "guard:s2", "s2", "verification"));
}

TEST(plan, knows_what_each_step_does_and_waits_for) {
  const auto of = plan_for(homelab());
  EXPECT_THAT(steps(phase_of(of, "pre_flight")),
              ElementsAre("resolve", "lease", "inspect|", "baseline"));
  EXPECT_TRUE(phase_of(of, "pre_flight").report_all);
  EXPECT_THAT(steps(phase_of(of, "secrets_sync")),
              ElementsAre("save_secrets|*", "sync_secrets|*", "compare_secrets"));
  EXPECT_THAT(steps(phase_of(of, "snapshots")), ElementsAre("create_snapshot*"));
  EXPECT_THAT(steps(phase_of(of, "rtx1080")), ElementsAre("prepare|", "activate*", "gate"));
  EXPECT_THAT(steps(phase_of(of, "guard:vps")), ElementsAre("guard"));
  EXPECT_THAT(steps(phase_of(of, "verification")), ElementsAre("verify", "verify_checks"));
  EXPECT_THAT(steps(of.rollback[0]), ElementsAre("restore*", "gate"));
  EXPECT_THAT(steps(of.rollback[1]), ElementsAre("restore*", "restore_snapshot*", "gate"));
  EXPECT_THAT(steps(of.ending), ElementsAre("look|", "put_back_secrets|*", "delete_snapshot|",
                                            "settle|", "release_lease"));
  EXPECT_EQ(of.rollback[1].id, "rollback:rtx1080");
  EXPECT_EQ(phase_of(of, "guard:vps").stage, 2U);
  EXPECT_EQ(phase_of(of, "guard:tests").stage, std::nullopt);
  EXPECT_EQ(deploy_phase(of, 2), 9U);
}

TEST(plan, leases_the_whole_fleet_when_a_script_may_write_secrets_to_all) {
  request asked;
  asked.environment = "staging";
  auto of = homelab();
  EXPECT_THAT(plan_for(of, asked).hosts, ElementsAre("rtx1080", "thinkpad", "vps"));
  of.secrets.reach = secrets_scope::run;
  EXPECT_THAT(plan_for(of, asked).hosts, ElementsAre("thinkpad"));
  of.secrets.reach = secrets_scope::fleet;
  of.secrets.driver = secrets_driver::builtin;
  EXPECT_THAT(plan_for(of, asked).hosts, ElementsAre("thinkpad"));
}

TEST(plan, inspects_stacks_where_there_are_some_and_else_the_host_as_such) {
  request asked;
  asked.environment = "staging";
  const auto of = plan_for(homelab(), asked);
  const auto& inspect = phase_of(of, "pre_flight").steps[2];
  std::vector<std::string> found;
  for (const auto& on : inspect.on)
    found.push_back(of.units[on.of].host + "/" + of.units[on.of].stack);
  EXPECT_THAT(found, ElementsAre("rtx1080/", "thinkpad/app", "vps/"));
}

TEST(plan, keeps_the_units_of_a_host_side_by_side_with_the_host_first) {
  auto pair = make_stage("pair", role::production, {"b", "a"});
  pair.stacks.push_back(pair.stacks.front());
  pair.stacks.back().name = "web";
  const auto of = plan_for(bare_fleet({pair}));
  std::vector<std::string> found;
  for (const auto& one : of.units)
    found.push_back(one.host + "/" + one.stack);
  EXPECT_THAT(found, ElementsAre("controller/", "a/", "a/app", "a/web", "b/", "b/app", "b/web"));
  EXPECT_EQ(host_unit(of, 3), 1U);
  EXPECT_EQ(host_unit(of, 0), 0U);
  EXPECT_EQ(stacks_of(of, 4), (std::pair<unit_id, unit_id>{5, 7}));
  EXPECT_EQ(stacks_of(of, 0), (std::pair<unit_id, unit_id>{1, 1}));
  for (const auto& phase : of.phases)
    for (const auto& step : phase.steps)
      EXPECT_TRUE(std::is_sorted(step.on.begin(), step.on.end(),
                                 [](auto& x, auto& y) { return x.of < y.of; }));
}

TEST(plan, leases_a_host_that_takes_the_snapshots_of_others_and_writes_no_secrets_there) {
  auto guest = make_stage("prod", role::production, {"guest"});
  guest.snapshot.emplace().on = "pve";
  guest.rollback_with = rollback_method::snapshot;
  auto of = bare_fleet({guest});
  of.hosts.push_back(make_host("pve"));
  of.secrets.driver = secrets_driver::builtin;
  const auto made = plan_for(of);
  EXPECT_THAT(made.hosts, ElementsAre("guest", "pve"));
  EXPECT_THAT(targets(phase_of(made, "pre_flight").steps[2]), ElementsAre("guest", "pve"));
  for (const auto& step : phase_of(made, "secrets_sync").steps)
    EXPECT_THAT(targets(step), ElementsAre("guest"));
  EXPECT_THAT(targets(phase_of(made, "snapshots").steps[0]), ElementsAre("pve"));
  EXPECT_THAT(steps(made.rollback[0]), ElementsAre("restore_snapshot*", "restore*", "gate"));
  EXPECT_THAT(targets(made.rollback[0].steps[0]), ElementsAre("pve"));
  EXPECT_THAT(targets(made.ending.steps[1]), ElementsAre("guest"));
  EXPECT_THAT(targets(made.ending.steps[2]), ElementsAre("pve"));
  EXPECT_THAT(targets(made.ending.steps[4]), ElementsAre("guest", "pve"));
}

TEST(plan, runs_steps_where_they_belong) {
  auto of = homelab();
  of.stages[1].snapshot->on = controller_name;
  EXPECT_THAT(targets(phase_of(plan_for(of), "snapshots").steps[0]), ElementsAre("controller"));
  EXPECT_THAT(targets(plan_for(of).ending.steps[2]), ElementsAre("controller"));
  EXPECT_THAT(targets(phase_of(plan_for(of), "tests").steps[0]), ElementsAre("thinkpad"));
  const auto& sync = [&] { return phase_of(plan_for(of), "secrets_sync").steps[1]; };
  EXPECT_THAT(targets(sync()), ElementsAre("controller"));
  EXPECT_FALSE(sync().repeatable);
  of.secrets.on = "vps";
  EXPECT_THAT(targets(sync()), ElementsAre("vps"));
  of.secrets.on = "each_host";
  EXPECT_THAT(targets(sync()), ElementsAre("rtx1080", "thinkpad", "vps"));
  of.secrets.driver = secrets_driver::builtin;
  of.secrets.on = controller_name;
  EXPECT_THAT(targets(sync()), ElementsAre("rtx1080", "thinkpad", "vps"));
  EXPECT_TRUE(sync().repeatable);
}

TEST(plan, runs_tests_for_the_controller_on_a_host_that_is_not_in_the_run) {
  auto of =
      bare_fleet({make_stage("a", role::staging, {"a"}), make_stage("b", role::staging, {"b"})});
  of.environments[0].stages = {"a"};
  of.tests.wanted = true;
  of.tests.on = "b";
  const auto made = plan_for(of);
  const auto& on = phase_of(made, "tests").steps[0].on[0];
  EXPECT_EQ(on.of, 0U);
  EXPECT_EQ(on.target, "b");
}

TEST(plan, takes_deadlines_from_the_fleet_unless_the_stage_has_its_own) {
  auto of = homelab();
  of.stages[0].deadline = 7s;
  const auto made = plan_for(of);
  for (const auto& step : phase_of(made, "thinkpad").steps)
    EXPECT_EQ(step.deadline, 7s);
  EXPECT_EQ(phase_of(made, "rtx1080").steps[0].deadline, of.deadlines.prepare);
  EXPECT_EQ(phase_of(made, "rtx1080").steps[1].deadline, of.deadlines.activate);
  // The window keeps the gate's time; the step must not end before it.
  EXPECT_GT(phase_of(made, "rtx1080").steps[2].deadline,
            of.stages[1].stacks[0].health.deadline + of.stages[1].stacks[0].health.steady);
  EXPECT_GE(phase_of(made, "guard:vps").steps[0].deadline, of.guard_unreachable_after);
  for (const auto& phase : made.phases)
    for (const auto& step : phase.steps)
      EXPECT_GT(step.deadline, 0s) << phase.id;
}

TEST(plan, freezes_what_was_asked_for) {
  const auto made = plan_for(homelab());
  EXPECT_EQ(made.request.environment, "production");
  EXPECT_EQ(made.requested_by, "ann@desk");
  EXPECT_EQ(made.run, "run-1");
  EXPECT_EQ(made.release, "new");
  EXPECT_EQ(made.fleet.name, "homelab");
}

TEST(plan, is_refused_with_a_reason) {
  const auto refused = [](const fleet& from, const request& asked) {
    const auto made = make_plan(from, asked, {"r", "n"}, time_point{}, "ann");
    return made ? std::string{}
                : std::string{to_string(made.error().code)} + ": " + made.error().what;
  };
  request asked;
  asked.environment = "prod";
  EXPECT_THAT(refused(homelab(), asked),
              HasSubstr("config_invalid: no environment is named `prod`"));
  auto of = homelab();
  of.environments[0].stages.push_back("moon");
  EXPECT_THAT(refused(of, {}), HasSubstr("names a stage `moon`"));
  for (const auto* ref : {"", "-x", "a b", "a\nb", "a\x7f"}) {
    asked = {};
    asked.commit_hash = ref;
    EXPECT_THAT(refused(homelab(), asked), HasSubstr("usage: ")) << ref;
  }
  asked.commit_hash = "umlaut-\xc3\xa4";
  EXPECT_EQ(refused(homelab(), asked), "");
}

} // namespace

} // namespace baton::test
