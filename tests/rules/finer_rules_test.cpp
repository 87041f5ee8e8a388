#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

/// The last stage never touches production, failed rollbacks, first deployments, snapshots, scopes.

namespace baton::test {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const auto vps_is_ill = bad("vps", step_kind::gate, "vps", fails(ec::unhealthy));

// Rule 1.

TEST(what_happens_in_the_vps, stays_there_when_its_rollback_fails) {
  const auto show =
      play(plan_for(homelab()),
           {{vps_is_ill, bad("rollback:vps", step_kind::restore, "vps", fails_half_way())}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n - · 2");
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("vps"));
  ASSERT_EQ(show.alerts().size(), 2U);
  EXPECT_EQ(show.alerts()[1].severity, severity::critical);
  EXPECT_EQ(show.alerts()[1].host, "vps");
}

TEST(what_happens_in_the_vps, is_unknown_when_it_cannot_be_asked) {
  const auto show = play(
      plan_for(homelab()),
      {{meanwhile("vps", step_kind::gate, "vps", [](auto& h) { h.at("vps").reachable = false; })}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n ? · 2");
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("vps"));
  EXPECT_EQ(show.hosts.restored, std::set<std::string>{"vps"});
}

TEST(what_happens_in_the_vps, is_not_judged_by_verification_whatever_it_serves) {
  const auto show =
      play(plan_for(homelab()),
           {{vps_is_ill, bad("verification", step_kind::verify, "vps", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n o · 4");
  const auto& told = show.details("verification").hosts.at("vps");
  EXPECT_EQ(told.outcome, phase_outcome::skipped);
  EXPECT_THAT(told.notes, ElementsAre(HasSubstr("not judged")));
}

TEST(what_happens_in_the_vps, does_not_keep_verification_from_failing_for_the_others) {
  const auto show = play(
      plan_for(homelab()),
      {{vps_is_ill, bad("verification", step_kind::verify, "thinkpad", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "rolled_back · verification · none · o o o · 1");
}

TEST(what_happens_in_the_vps, is_no_partial_success_when_nothing_before_it_serves_the_new_release) {
  const auto show =
      play(plan_for(bare_fleet({make_stage("vps", role::public_facing, {"vps"})})), {{vps_is_ill}});
  EXPECT_EQ(show.row(), "failed · vps · none · o · 1");
}

TEST(what_happens_in_the_vps, is_rolled_back_once_although_verification_rolls_back_all) {
  const auto show = play(plan_for(homelab()),
                         {{vps_is_ill, bad("rollback:vps", step_kind::restore, "vps", fails()),
                           bad("verification", step_kind::verify, "rtx1080", fails())}});
  EXPECT_EQ(show.row(), "rolled_back · verification · vps · o o n · 2");
  EXPECT_EQ(show.steps(step_kind::restore).size(), 3U);
}

TEST(what_happens_in_the_vps, worsens_the_status_when_verification_takes_it_back_in_vain) {
  const auto show = play(plan_for(homelab()),
                         {{bad("verification", step_kind::verify, "rtx1080", fails()),
                           bad("rollback:vps", step_kind::restore, "vps", fails_half_way())}});
  EXPECT_EQ(show.row(), "failed · verification · none · o o - · 2");
}

// Rule 2.

TEST(checks, of_a_judged_stage_fail_the_verification) {
  staging with;
  with.first = [](host_model& hosts) { hosts.ill_checks = {"vps"}; };
  const auto show = play(plan_for(homelab()), with);
  EXPECT_EQ(show.row(), "rolled_back · verification · none · o o o · 1");
  EXPECT_THAT(show.ends.why->what, HasSubstr("check of vps does not answer"));
  EXPECT_THAT(show.ends.why->what, HasSubstr("503"));
}

TEST(checks, of_a_stage_that_failed_are_only_reported) {
  staging with;
  with.first = [](host_model& hosts) { hosts.ill_checks = {"vps"}; };
  with.troubles = {vps_is_ill};
  const auto show = play(plan_for(homelab()), with);
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n o · 4");
  EXPECT_THAT(show.details("verification").hosts.at("controller").error.value_or(""),
              HasSubstr("check of vps does not answer: http https://example.org/: 503"));
}

TEST(checks, of_a_stage_that_is_not_in_this_environment_are_only_reported) {
  request asked;
  asked.environment = "staging";
  staging with;
  with.first = [](host_model& hosts) { hosts.ill_checks = {"vps"}; };
  const auto show = play(plan_for(homelab(), asked), with);
  EXPECT_EQ(show.row(), "success · verification · thinkpad · n · 0");
  EXPECT_THAT(show.details("verification").hosts.at("controller").error.value_or(""),
              HasSubstr("check of vps does not answer"));
}

TEST(checks, that_nobody_could_ask_do_not_pass) {
  staging with;
  with.first = [](host_model& hosts) { hosts.unasked_checks = {"vps"}; };
  const auto show = play(plan_for(homelab()), with);
  EXPECT_EQ(show.row(), "rolled_back · verification · none · o o o · 1");
  EXPECT_EQ(show.ends.why->code, ec::unreachable);
  EXPECT_THAT(show.ends.why->what,
              HasSubstr("check of vps could not be asked: http https://example.org/: no route"));
  with.troubles = {vps_is_ill};
  EXPECT_EQ(play(plan_for(homelab()), with).row(),
            "partial_success · vps · thinkpad rtx1080 · n n o · 4");
}

TEST(checks, that_fail_are_all_named) {
  auto of = homelab();
  of.verification.checks.push_back(of.verification.checks[0]);
  of.verification.checks[1].of = "thinkpad";
  staging with;
  with.first = [](host_model& hosts) { hosts.ill_checks = {"vps", "thinkpad"}; };
  const auto why = play(plan_for(of), with).ends.why->what;
  EXPECT_THAT(why, HasSubstr("check of vps does not answer"));
  EXPECT_THAT(why, HasSubstr("; check of thinkpad does not answer"));
}

TEST(checks, without_a_stage_speak_of_the_last_one) {
  auto of = homelab();
  of.verification.checks[0].of.clear();
  staging with;
  with.first = [](host_model& hosts) { hosts.ill_checks = {"vps"}; };
  EXPECT_EQ(play(plan_for(of), with).row(), "rolled_back · verification · none · o o o · 1");
  with.troubles = {vps_is_ill};
  EXPECT_EQ(play(plan_for(of), with).row(), "partial_success · vps · thinkpad rtx1080 · n n o · 4");
}

TEST(checks, with_failing_stage_mean_that_stages_own_policy) {
  auto of = homelab();
  of.verification.rollback = verification_rollback::failing_stage;
  staging with;
  with.first = [](host_model& hosts) { hosts.ill_checks = {"vps"}; };
  const auto of_vps = play(plan_for(of), with);
  EXPECT_EQ(of_vps.row(), "partial_success · verification · thinkpad rtx1080 · n n o · 4");
  of.verification.checks[0].of = "rtx1080";
  with.first = [](host_model& hosts) { hosts.ill_checks = {"rtx1080"}; };
  const auto of_rtx = play(plan_for(of), with);
  EXPECT_EQ(of_rtx.row(), "rolled_back · verification · vps · o o n · 1");
}

TEST(checks, that_could_not_be_made_at_all_fail_the_verification_as_such) {
  auto of = homelab();
  of.verification.rollback = verification_rollback::failing_stage;
  const auto show =
      play(plan_for(of),
           {{bad("verification", step_kind::verify_checks, "controller", fails(ec::internal))}});
  EXPECT_EQ(show.row(), "rolled_back · verification · none · o o o · 1");
}

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

TEST(verification, of_several_failing_stages_takes_the_worst) {
  auto of = homelab();
  of.verification.rollback = verification_rollback::failing_stage;
  const auto show =
      play(plan_for(of), {{bad("verification", step_kind::verify, "vps", fails()),
                           bad("verification", step_kind::verify, "thinkpad", fails())}});
  EXPECT_EQ(show.row(), "failed · verification · rtx1080 · o n o · 1");
}

TEST(verification, is_tried_again_when_that_is_wanted) {
  auto of = homelab();
  of.verification.retry.attempts_max = 2;
  auto once = bad("verification", step_kind::verify, "rtx1080", fails_retryably(ec::not_steady));
  once.times = 1;
  EXPECT_EQ(play(plan_for(of), {{once}}).row(),
            "success · verification · thinkpad rtx1080 vps · n n n · 0");
}

TEST(a_stage_that_is_only_reported, fails_neither_guard_nor_verification) {
  auto of = homelab();
  stage_of(of, "thinkpad").verify = verify_mode::report;
  of.tests.on = controller_name;
  const auto show = play(plan_for(of), {{meanwhile("tests", step_kind::run_tests, "", [](auto& h) {
                           h.at("thinkpad").reachable = false;
                         })}});
  EXPECT_EQ(show.row(), "success · verification · rtx1080 vps · ? n n · 0");
  EXPECT_EQ(show.details("verification").outcome, phase_outcome::ok);
  EXPECT_EQ(show.details("verification").hosts.at("thinkpad").outcome, phase_outcome::failed);
  // It sleeps, it was not taken back: its new files stay.
  EXPECT_THAT(show.steps(step_kind::put_back_secrets), IsEmpty());
}

TEST(a_stage_that_is_only_reported, is_taken_back_like_any_other) {
  auto of = homelab();
  stage_of(of, "thinkpad").verify = verify_mode::report;
  const auto show =
      play(plan_for(of), {{bad("verification", step_kind::verify, "rtx1080", fails())}});
  EXPECT_EQ(show.row(), "rolled_back · verification · none · o o o · 1");
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

TEST(own_snapshots, are_deleted_at_once_only_by_a_run_that_aborts) {
  const auto aborted =
      play(plan_for(homelab()), {{cancel_in("thinkpad", step_kind::prepare, "SIGTERM")}});
  EXPECT_EQ(aborted.row(), "aborted, cancelled · thinkpad · none · o o o · 143");
  EXPECT_THAT(aborted.steps(step_kind::delete_snapshot), ElementsAre("ending rtx1080"));
  expect_secrets_fit(aborted);
  const auto failed =
      play(plan_for(homelab()), {{bad("thinkpad", step_kind::gate, "thinkpad", fails())}});
  EXPECT_THAT(failed.steps(step_kind::delete_snapshot), IsEmpty());
  EXPECT_EQ(failed.details("snapshots").facts.at("rtx1080"), "baton-rtx1080");
}

TEST(own_snapshots, that_were_certainly_not_made_are_not_deleted) {
  const auto show =
      play(plan_for(homelab()),
           {{bad("snapshots", step_kind::create_snapshot, "rtx1080", fails(ec::snapshot_failed))}});
  EXPECT_THAT(show.steps(step_kind::delete_snapshot), IsEmpty());
}

TEST(own_snapshots, that_cannot_be_deleted_are_a_warning) {
  const auto show =
      play(plan_for(homelab()), {{cancel_in("thinkpad", step_kind::prepare, "baton cancel by ann"),
                                  bad("ending", step_kind::delete_snapshot, "", fails())}});
  EXPECT_EQ(show.row(), "aborted, cancelled · thinkpad · none · o o o · 1");
  EXPECT_THAT(show.ends.warnings, ElementsAre(HasSubstr("rtx1080: delete_snapshot did not work")));
}

const auto rtx_fails = bad("rtx1080", step_kind::gate, "rtx1080", fails());

trouble of_stack(trouble what, int times) {
  what.times = times;
  return what;
}

TEST(rollback_with, the_snapshot_when_the_application_does_not_come_back) {
  const auto show = play(
      plan_for(homelab()),
      {{rtx_fails,
        of_stack(bad("rollback:rtx1080", step_kind::restore, "rtx1080", fails_half_way()), 1)}});
  EXPECT_EQ(show.row(), "rolled_back · rtx1080 · none · o o o · 1");
  EXPECT_THAT(show.steps(step_kind::restore_snapshot), ElementsAre("rollback:rtx1080 rtx1080"));
  // The second restore has put the secrets back, too.
  EXPECT_THAT(show.steps(step_kind::restore),
              ElementsAre("rollback:rtx1080 rtx1080", "rollback:rtx1080 rtx1080",
                          "rollback:thinkpad thinkpad"));
  expect_secrets_fit(show);
}

TEST(rollback_with, the_snapshot_is_named_with_what_it_costs) {
  auto of = homelab();
  stage_of(of, "rtx1080").rollback_with = rollback_method::snapshot;
  EXPECT_THAT(play(plan_for(of), {{rtx_fails}}).ends.warnings,
              ElementsAre(AllOf(HasSubstr("rtx1080 was set back to the snapshot baton-rtx1080: "),
                                HasSubstr("written there since"), HasSubstr("is gone"))));
  EXPECT_THAT(play(plan_for(of), {{rtx_fails, bad("rollback:rtx1080", step_kind::restore_snapshot,
                                                  "", fails(ec::snapshot_failed))}})
                  .ends.warnings,
              IsEmpty());
}

TEST(rollback_with, the_snapshot_and_what_runs_does_not_come_back_from_it) {
  const auto show =
      play(plan_for(homelab()),
           {{rtx_fails, bad("rollback:rtx1080", step_kind::restore, "rtx1080", fails_half_way())}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · none · o - o · 2");
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("rtx1080"));
}

TEST(rollback_with, the_snapshot_when_the_application_is_back_but_not_well) {
  auto once = bad("rollback:rtx1080", step_kind::gate, "rtx1080", fails(ec::unhealthy));
  once.times = 1;
  const auto show = play(plan_for(homelab()), {{rtx_fails, once}});
  EXPECT_EQ(show.row(), "rolled_back · rtx1080 · none · o o o · 1");
  EXPECT_EQ(show.hosts.restored, (std::set<std::string>{"rtx1080", "thinkpad"}));
  expect_secrets_fit(show);
}

TEST(rollback_with, no_third_try_after_the_snapshot) {
  const auto show = play(plan_for(homelab()), {{rtx_fails, bad("rollback:rtx1080", step_kind::gate,
                                                               "rtx1080", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · none · o o o · 2");
  EXPECT_EQ(show.steps(step_kind::restore_snapshot).size(), 1U);
}

TEST(rollback_with, a_snapshot_that_covers_something_else_never) {
  auto of = homelab();
  stage_of(of, "rtx1080").snapshot->covers = snapshot_covers::other;
  const auto show =
      play(plan_for(of),
           {{rtx_fails, bad("rollback:rtx1080", step_kind::restore, "rtx1080", fails_half_way())}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · none · o - o · 2");
  EXPECT_THAT(show.steps(step_kind::create_snapshot), ElementsAre("snapshots rtx1080"));
  EXPECT_THAT(show.steps(step_kind::restore_snapshot), IsEmpty());
}

TEST(rollback_with, the_snapshot_alone) {
  auto of = homelab();
  stage_of(of, "rtx1080").rollback_with = rollback_method::snapshot;
  const auto show = play(plan_for(of), {{rtx_fails}});
  EXPECT_EQ(show.row(), "rolled_back · rtx1080 · none · o o o · 1");
  EXPECT_THAT(show.steps(step_kind::restore),
              ElementsAre("rollback:rtx1080 rtx1080", "rollback:thinkpad thinkpad"));
  expect_secrets_fit(show);
  const auto worse =
      play(plan_for(of), {{rtx_fails, bad("rollback:rtx1080", step_kind::restore_snapshot, "",
                                          fails(ec::snapshot_failed))}});
  EXPECT_EQ(worse.row(), "failed · rtx1080 · rtx1080 · o n o · 2");
}

fleet two_stacks(rollback_method with) {
  auto one = make_stage("prod", role::production, {"a", "b"});
  one.stacks.push_back(one.stacks.front());
  one.stacks.back().name = "web";
  one.snapshot.emplace();
  one.snapshot->on = controller_name;
  one.rollback_with = with;
  return bare_fleet({make_stage("first", role::staging, {"s"}), one});
}

TEST(rollback_with, the_snapshot_takes_all_stacks_of_the_host_along) {
  const auto of = plan_for(two_stacks(rollback_method::app_then_snapshot));
  const auto show =
      play(of, {{bad("prod", step_kind::gate, "b", fails()),
                 of_stack(bad("rollback:prod", step_kind::gate, "a", fails(ec::unhealthy)), 1)}});
  EXPECT_EQ(show.row(), "rolled_back · prod · none · o o o · 1");
  EXPECT_THAT(show.steps(step_kind::restore_snapshot), ElementsAre("rollback:prod a"));
  // Two gates after the restore of each host, and two more on the host that was rewound.
  EXPECT_THAT(show.steps(step_kind::gate), testing::SizeIs(5 + 5 + 2));
}

TEST(rollback_with, the_snapshot_takes_along_what_was_not_even_touched) {
  auto one = bad("prod", step_kind::activate, "a", fails(ec::dirty));
  one.times = 1;
  for (const auto with : {rollback_method::snapshot, rollback_method::app_then_snapshot}) {
    const auto app_fails = bad("rollback:prod", step_kind::restore, "a", fails_half_way());
    const auto show =
        play(plan_for(two_stacks(with)), with == rollback_method::snapshot
                                             ? staging{{one}}
                                             : staging{{one, of_stack(app_fails, 1)}});
    EXPECT_EQ(show.row(), "rolled_back · prod · none · o o o · 1");
    const auto steps = show.steps(step_kind::restore);
    EXPECT_EQ(std::ranges::count(steps, "rollback:prod a"),
              with == rollback_method::snapshot ? 2 : 3);
  }
  // Where the application comes back nobody else is troubled.
  const auto show = play(plan_for(two_stacks(rollback_method::app_then_snapshot)), {{one}});
  EXPECT_EQ(show.row(), "rolled_back · prod · none · o o o · 1");
  EXPECT_THAT(show.steps(step_kind::restore_snapshot), IsEmpty());
}

TEST(rollback_with, the_snapshot_leaves_hosts_alone_that_were_not_touched) {
  for (const auto* untouched : {"a", "b"}) {
    auto of = two_stacks(rollback_method::snapshot);
    stage_of(of, "prod").stacks.pop_back();
    const auto show =
        play(plan_for(of), {{bad("prod", step_kind::activate, untouched, fails(ec::dirty))}});
    EXPECT_EQ(show.row(), "rolled_back · prod · none · o o o · 1");
    const auto other = std::string{*untouched == 'a' ? "b" : "a"};
    EXPECT_EQ(show.hosts.restored, (std::set<std::string>{other, "s"}));
  }
}

TEST(a_host_with_several_stacks, serves_the_worst_of_them) {
  auto of = two_stacks(rollback_method::app);
  const auto show =
      play(plan_for(of),
           {{bad("prod", step_kind::gate, "b", fails()),
             of_stack(bad("rollback:prod", step_kind::restore, "b", fails_half_way()), 1)}});
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
