#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// Worked examples: a situation, and the verdict of it.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void vps_vanishes(host_model& hosts) {
  hosts.at("vps").reachable = false;
}

TEST(worked_examples, all_good) {
  const auto show = play(plan_for(without_secrets()));
  EXPECT_EQ(show.row(), "success · verification · thinkpad rtx1080 vps · n n n · 0");
  EXPECT_THAT(show.alerts(), IsEmpty());
  EXPECT_FALSE(show.ends.why);
}

TEST(worked_examples, the_vps_is_told_of_an_unknown_image) {
  const auto show = play(plan_for(homelab()),
                         {{bad("vps", step_kind::prepare, "vps", fails(ec::image_missing))}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n o · 4");
  EXPECT_EQ(show.details("vps").attempts, 1);
  EXPECT_EQ(show.ends.why->code, ec::image_missing);
  expect_secrets_fit(show);
}

TEST(worked_examples, the_vps_is_unreachable_in_its_phase_and_its_secrets_were_changed) {
  const auto show =
      play(plan_for(homelab()), {{meanwhile("vps", step_kind::prepare, "vps", vps_vanishes)}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n ? · 2");
  EXPECT_EQ(show.details("vps").attempts, 3);
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("vps"));
}

TEST(worked_examples, the_vps_is_unreachable_in_its_phase_and_nothing_was_changed_there) {
  const auto show = play(plan_for(without_secrets()),
                         {{meanwhile("vps", step_kind::prepare, "vps", vps_vanishes)}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n ? · 4");
  EXPECT_EQ(show.details("vps").attempts, 3);
  EXPECT_THAT(show.ends.rollback_failed, IsEmpty());
}

TEST(worked_examples, the_vps_is_unreachable_at_pre_flight) {
  const auto show = play(plan_for(homelab()), {{}, vps_vanishes});
  EXPECT_EQ(show.row(), "aborted · pre_flight · none · o o ? · 1");
}

TEST(worked_examples, a_guard_finds_production_ill_before_the_vps) {
  const auto show = play(plan_for(homelab()),
                         {{meanwhile("guard:vps", step_kind::guard, "rtx1080", [](auto& hosts) {
                           hosts.stack_at("rtx1080").new_is_bad = true;
                         })}});
  EXPECT_EQ(show.row(), "rolled_back · rtx1080 · none · o o o · 1");
  EXPECT_EQ(show.details("rtx1080").by, "guard");
  EXPECT_EQ(show.details("rtx1080").outcome, phase_outcome::failed);
  expect_secrets_fit(show);
}

TEST(worked_examples, verification_finds_production_ill_after_the_vps_was_rolled_back) {
  const auto show = play(plan_for(homelab()),
                         {{bad("vps", step_kind::gate, "vps", fails(ec::unhealthy)),
                           meanwhile("verification", step_kind::verify, "rtx1080", [](auto& hosts) {
                             hosts.stack_at("rtx1080").new_is_bad = true;
                           })}});
  EXPECT_EQ(show.row(), "rolled_back · verification · none · o o o · 1");
  EXPECT_THAT(
      show.steps(step_kind::restore),
      ElementsAre("rollback:vps vps", "rollback:rtx1080 rtx1080", "rollback:thinkpad thinkpad"));
  expect_secrets_fit(show);
}

TEST(worked_examples, a_cancel_in_the_back_off_of_the_vps) {
  const auto show =
      play(plan_for(homelab()), {{bad("vps", step_kind::prepare, "vps", fails_retryably()),
                                  cancel_in("vps", "(back-off)", "SIGINT")}});
  EXPECT_EQ(show.row(), "partial_success, cancelled · vps · thinkpad rtx1080 · n n o · 4");
  EXPECT_FALSE(show.began("verification"));
  EXPECT_EQ(show.details("verification").outcome, phase_outcome::not_run);
}

TEST(worked_examples, a_cancel_in_secrets_sync_with_two_of_three_written) {
  const auto show =
      play(plan_for(homelab()), {{cancel_in("secrets_sync", "controller", "SIGINT")}});
  EXPECT_EQ(show.row(), "aborted, cancelled · secrets_sync · none · o o o · 130");
  EXPECT_EQ(show.steps(step_kind::put_back_secrets).size(), 3U);
  expect_secrets_fit(show);
}

TEST(worked_examples, scenario_3_and_the_rollback_of_production_fails) {
  const auto show =
      play(plan_for(homelab()),
           {{bad("rtx1080", step_kind::gate, "rtx1080", fails(ec::unhealthy)),
             bad("rollback:rtx1080", step_kind::restore, "rtx1080", fails_half_way()),
             bad("rollback:rtx1080", step_kind::restore_snapshot, "rtx1080", fails())}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · none · o - o · 2");
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("rtx1080"));
  EXPECT_EQ(show.alerts().back().severity, severity::critical);
}

TEST(worked_examples, secrets_cannot_be_put_back_on_production) {
  const auto show =
      play(plan_for(homelab()),
           {{bad("secrets_sync", step_kind::compare_secrets, "vps", fails(ec::secrets_failed)),
             bad("ending", step_kind::put_back_secrets, "rtx1080", fails())}});
  EXPECT_EQ(show.row(), "failed · secrets_sync · none · o o o · 2");
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("rtx1080"));
}

TEST(worked_examples, a_snapshot_cannot_be_made_of_production) {
  const auto show =
      play(plan_for(homelab()),
           {{bad("snapshots", step_kind::create_snapshot, "rtx1080", fails(ec::snapshot_failed))}});
  EXPECT_EQ(show.row(), "aborted · snapshots · none · o o o · 1");
  expect_secrets_fit(show);
}

TEST(worked_examples, rollback_is_off_and_verification_fails) {
  const auto show =
      play(plan_for(homelab(), no_rollback()),
           {{bad("verification", step_kind::verify, "rtx1080", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "failed · verification · thinkpad rtx1080 vps · n n n · 2");
}

TEST(worked_examples, rollback_is_off_and_the_pull_of_staging_fails) {
  const auto show =
      play(plan_for(homelab(), no_rollback()),
           {{bad("thinkpad", step_kind::prepare, "thinkpad", fails(ec::image_missing))}});
  EXPECT_EQ(show.row(), "failed · thinkpad · none · o o o · 1");
  EXPECT_THAT(show.hosts.activated, IsEmpty());
}

TEST(worked_examples, environment_staging_and_verification_fails) {
  request asked;
  asked.environment = "staging";
  const auto show =
      play(plan_for(homelab(), asked),
           {{bad("verification", step_kind::verify, "thinkpad", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "rolled_back · verification · none · o · 1");
  EXPECT_EQ(show.details("rtx1080").outcome, phase_outcome::skipped);
  EXPECT_EQ(show.details("vps").skipped, "environment");
  expect_secrets_fit(show);
}

TEST(worked_examples, first_deployment_where_nothing_ran_and_staging_fails) {
  staging with;
  with.first = [](host_model& hosts) {
    for (const auto* name : {"thinkpad", "rtx1080", "vps"}) {
      hosts.stack_at(name).serving.clear();
      hosts.stack_at(name).last_good.clear();
    }
  };
  with.troubles = {bad("thinkpad", step_kind::gate, "thinkpad", fails(ec::unhealthy))};
  EXPECT_EQ(play(plan_for(homelab()), with).row(), "failed · thinkpad · none · - - - · 1");
}

TEST(worked_examples, a_release_that_did_not_run_comes_back_all_the_same) {
  staging with;
  with.first = [](host_model& hosts) { hosts.stack_at("thinkpad").serving.clear(); };
  with.troubles = {bad("thinkpad", step_kind::gate, "thinkpad", fails(ec::unhealthy))};
  EXPECT_EQ(play(plan_for(homelab()), with).row(), "failed · thinkpad · none · o o o · 1");
}

TEST(worked_examples, production_with_skip_tests) {
  request asked;
  asked.skip_tests = true;
  const auto show = play(plan_for(homelab(), asked));
  EXPECT_EQ(show.row(), "success · verification · thinkpad rtx1080 vps · n n n · 0");
  EXPECT_EQ(show.details("tests").outcome, phase_outcome::skipped);
  EXPECT_EQ(show.details("tests").skipped, "skip_tests");
}

TEST(worked_examples, one_of_two_hosts_of_a_production_stage_fails) {
  const auto show = play(plan_for(bare_fleet({make_stage("pair", role::production, {"a", "b"})})),
                         {{bad("pair", step_kind::gate, "b", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "rolled_back · pair · none · o o · 1");
  EXPECT_EQ(show.hosts.restored, (std::set<std::string>{"a", "b"}));
}

TEST(worked_examples, production_is_leased_by_another_run) {
  const auto show = play(plan_for(homelab()),
                         {{bad("pre_flight", step_kind::lease, "rtx1080", fails(ec::lease_held))}});
  EXPECT_EQ(show.row(), "aborted · pre_flight · none · o o o · 3");
  EXPECT_THAT(show.steps(step_kind::release_lease), ElementsAre("ending thinkpad", "ending vps"));
}

} // namespace

} // namespace baton::test
