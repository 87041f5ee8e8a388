#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

/// Failed rollbacks, none at all, first deployments, several stacks, scopes.

namespace baton::test {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// Rule 14.

TEST(a_stack_that_nothing_checks, is_deployed_with_one_warning) {
  staging with;
  with.first = [](host_model& hosts) {
    hosts.prepare_note = "nothing tells whether it is healthy";
  };
  const auto show = play(plan_for(homelab()), with);
  EXPECT_EQ(show.row(), "success · verification · thinkpad rtx1080 vps · n n n · 0");
  EXPECT_THAT(show.ends.warnings, ElementsAre("app: nothing tells whether it is healthy"));
  EXPECT_THAT(show.details("vps").hosts.at("vps").notes,
              ElementsAre("nothing tells whether it is healthy"));
}

// Rule 3.

TEST(a_rollback_that_fails, does_not_stop_the_others) {
  const auto show = play(plan_for(without_secrets()),
                         {{bad("verification", step_kind::verify, "vps", fails()),
                           bad("rollback:vps", step_kind::restore, "vps", fails_half_way())}});
  EXPECT_EQ(show.row(), "failed · verification · none · o o - · 2");
  EXPECT_EQ(show.hosts.restored, (std::set<std::string>{"thinkpad", "rtx1080", "vps"}));
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("vps"));
  EXPECT_THAT(show.details("vps").hosts.at("vps").notes, Contains("could not be brought back"));
  EXPECT_THAT(show.details("thinkpad").hosts.at("thinkpad").notes, Contains("rolled back"));
}

TEST(a_rollback_that_fails, may_be_one_of_several_hosts_of_a_stage) {
  const auto show = play(plan_for(bare_fleet({make_stage("pair", role::production, {"a", "b"})})),
                         {{bad("pair", step_kind::gate, "b", fails()),
                           bad("rollback:pair", step_kind::gate, "a", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "failed · pair · none · o o · 2");
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("a"));
}

// Rule 6.

TEST(without_rollback, the_early_phases_abort) {
  const auto of = plan_for(homelab(), no_rollback());
  EXPECT_EQ(
      play(of, {{bad("pre_flight", step_kind::inspect, "vps", fails(ec::missing_tool))}}).row(),
      "aborted · pre_flight · none · o o o · 1");
  EXPECT_EQ(play(of, {{bad("secrets_sync", step_kind::sync_secrets, "", fails())}}).row(),
            "aborted · secrets_sync · none · o o o · 1");
  EXPECT_EQ(play(of, {{bad("snapshots", step_kind::create_snapshot, "", fails())}}).row(),
            "aborted · snapshots · none · o o o · 1");
}

TEST(without_rollback, what_was_deployed_stays_and_a_person_is_needed) {
  const auto of = plan_for(homelab(), no_rollback());
  const std::vector<std::pair<trouble, std::string>> cases{
      {bad("thinkpad", step_kind::gate, "thinkpad", fails()),
       "failed · thinkpad · thinkpad · n o o · 2"},
      {bad("tests", step_kind::run_tests, "", fails(ec::tests_failed)),
       "failed · tests · thinkpad · n o o · 2"},
      {bad("rtx1080", step_kind::gate, "rtx1080", fails()),
       "failed · rtx1080 · thinkpad rtx1080 · n n o · 2"},
      {bad("guard:vps", step_kind::guard, "thinkpad", fails()),
       "failed · thinkpad · thinkpad rtx1080 · n n o · 2"},
      {bad("vps", step_kind::gate, "vps", fails()),
       "partial_success · vps · thinkpad rtx1080 vps · n n n · 2"},
      {bad("vps", step_kind::prepare, "vps", fails(ec::image_missing)),
       "partial_success · vps · thinkpad rtx1080 · n n o · 4"},
      {cancel_in("rtx1080", step_kind::activate, "SIGINT"),
       "failed, cancelled · rtx1080 · thinkpad · n m o · 2"},
      {cancel_in("thinkpad", step_kind::prepare, "SIGINT"),
       "aborted, cancelled · thinkpad · none · o o o · 130"},
  };
  for (const auto& [what, row] : cases) {
    const auto show = play(of, {{what}});
    EXPECT_EQ(show.row(), row);
    EXPECT_THAT(show.hosts.restored, IsEmpty());
  }
}

// Rules 10 and 13.

TEST(a_first_deployment, goes_back_to_what_ran_before_as_its_baseline) {
  staging with;
  with.first = [](host_model& hosts) { hosts.stack_at("thinkpad").last_good.clear(); };
  with.troubles = {bad("thinkpad", step_kind::gate, "thinkpad", fails())};
  const auto show = play(plan_for(homelab()), with);
  EXPECT_EQ(show.row(), "failed · thinkpad · none · o o o · 1");
  EXPECT_EQ(show.hosts.at("thinkpad").stacks.at("app").baseline, "old");
}

TEST(a_first_deployment, records_no_baseline_while_anything_is_wrong_anywhere) {
  const auto show = play(plan_for(homelab()),
                         {{bad("pre_flight", step_kind::inspect, "vps", fails(ec::missing_tool))}});
  EXPECT_THAT(show.steps(step_kind::baseline), IsEmpty());
}

TEST(a_host_with_several_stacks, serves_the_worst_of_them) {
  auto of = two_stacks(rollback_method::app);
  const auto show =
      play(plan_for(of),
           {{bad("prod", step_kind::gate, "b", fails()),
             limited(bad("rollback:prod", step_kind::restore, "b", fails_half_way()), 1)}});
  EXPECT_EQ(show.row(), "failed · prod · none · o o - · 2");
  EXPECT_EQ(show.ends.hosts.at("b").stacks.at("app").serves, serves::none);
  EXPECT_EQ(show.ends.hosts.at("b").stacks.at("web").serves, serves::old_release);
  EXPECT_EQ(show.ends.hosts.at("b").release, "");
  EXPECT_THAT(show.ends.hosts.at("s").stacks, IsEmpty());
}

// §1: a stage.

TEST(a_stage, touches_no_host_before_all_are_prepared) {
  const auto show = play(plan_for(bare_fleet({make_stage("pair", role::production, {"a", "b"})})),
                         {{bad("pair", step_kind::prepare, "b", fails(ec::image_missing))}});
  EXPECT_EQ(show.row(), "rolled_back · pair · none · o o · 1");
  EXPECT_THAT(show.hosts.activated, IsEmpty());
  EXPECT_THAT(show.hosts.restored, IsEmpty());
  for (const auto& one : show.journal)
    EXPECT_FALSE(std::holds_alternative<event::rollback_started>(one.what));
}

TEST(a_stage, stops_its_other_hosts_at_the_end_of_their_step) {
  const auto show = play(plan_for(bare_fleet({make_stage("pair", role::production, {"a", "b"})})),
                         {{bad("pair", step_kind::activate, "a", fails())}});
  EXPECT_EQ(show.row(), "rolled_back · pair · none · o o · 1");
  EXPECT_THAT(show.steps(step_kind::gate), Not(Contains("pair b")));
  EXPECT_EQ(show.hosts.restored, std::set<std::string>{"b"}); // on `a` nothing had changed
  EXPECT_EQ(show.details("pair").hosts.at("a").outcome, phase_outcome::failed);
  EXPECT_EQ(show.details("pair").hosts.at("b").outcome, phase_outcome::not_run);
}

TEST(pre_flight, reports_all_that_is_wrong) {
  const auto show = play(plan_for(homelab()),
                         {{bad("pre_flight", step_kind::inspect, "vps", fails(ec::no_space)),
                           bad("pre_flight", step_kind::lease, "rtx1080", fails(ec::lease_held)),
                           bad("pre_flight", step_kind::resolve, "", fails(ec::bad_commit))}});
  const auto& told = show.details("pre_flight");
  EXPECT_TRUE(told.hosts.at("vps").error);
  EXPECT_TRUE(told.hosts.at("rtx1080").error);
  EXPECT_TRUE(told.hosts.at("controller").error);
  EXPECT_EQ(told.hosts.at("thinkpad").outcome, phase_outcome::not_run);
  EXPECT_FALSE(told.hosts.at("thinkpad").error);
}

TEST(a_policy, may_end_as_partial_success_and_stop) {
  auto of = homelab();
  stage_of(of, "vps").on_failure.then = after_failure::stop;
  const auto show = play(plan_for(of), {{vps_is_ill}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n o · 4");
  EXPECT_FALSE(show.began("verification"));
}

TEST(a_policy, may_roll_back_nothing) {
  auto of = homelab();
  stage_of(of, "rtx1080").on_failure = {scope::none, status::failed, severity::none,
                                        after_failure::stop};
  const auto show = play(plan_for(of), {{rtx_fails}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · thinkpad rtx1080 · n n o · 2");
}

} // namespace

} // namespace baton::test
