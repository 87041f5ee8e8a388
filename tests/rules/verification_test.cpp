#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// Rule 2: whom verification judges, and what it takes back.

namespace baton::test {

namespace {

using testing::HasSubstr;
using testing::IsEmpty;

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

} // namespace

} // namespace baton::test
