#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// The look at the hosts deployed so far, before tests and before each stage.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

trouble found_ill(const std::string& guard, const std::string& host) {
  return bad(guard, step_kind::guard, host, fails(ec::unhealthy));
}

TEST(guard, looks_at_what_was_deployed_so_far) {
  const auto show = play(plan_for(homelab()));
  EXPECT_THAT(show.steps(step_kind::guard),
              ElementsAre("guard:tests thinkpad", "guard:rtx1080 thinkpad", "guard:vps rtx1080",
                          "guard:vps thinkpad"));
}

TEST(guard, blames_the_stage_deployed_last_by_its_own_policy) {
  const auto before_tests = play(plan_for(homelab()), {{found_ill("guard:tests", "thinkpad")}});
  EXPECT_EQ(before_tests.row(), "failed · thinkpad · none · o o o · 1");
  EXPECT_EQ(before_tests.details("thinkpad").by, "guard");
  EXPECT_TRUE(before_tests.details("thinkpad").hosts.at("thinkpad").error);
  EXPECT_EQ(before_tests.details("tests").outcome, phase_outcome::not_run);
  const auto after_tests = play(plan_for(homelab()), {{found_ill("guard:rtx1080", "thinkpad")}});
  EXPECT_EQ(after_tests.row(), "failed · thinkpad · none · o o o · 1");
  EXPECT_EQ(after_tests.details("tests").outcome, phase_outcome::ok);
  EXPECT_THAT(after_tests.alerts()[0].text, HasSubstr("was found ill"));
}

TEST(guard, takes_everything_back_for_an_earlier_stage) {
  const auto show = play(plan_for(homelab()), {{found_ill("guard:vps", "thinkpad")}});
  EXPECT_EQ(show.row(), "rolled_back · thinkpad · none · o o o · 1");
  EXPECT_EQ(show.details("thinkpad").outcome, phase_outcome::failed);
  EXPECT_EQ(show.details("rtx1080").outcome, phase_outcome::ok);
  EXPECT_EQ(show.alerts()[0].severity, severity::critical);
}

TEST(guard, blames_the_worst_of_several) {
  auto of = homelab();
  stage_of(of, "rtx1080").on_failure.ends = status::failed;
  const auto show = play(plan_for(of), {{found_ill("guard:vps", "")}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · none · o o o · 1");
}

TEST(guard, goes_on_where_the_policy_of_the_stage_says_so) {
  auto of = bare_fleet({make_stage("prod", role::production, {"p"}),
                        make_stage("edge", role::public_facing, {"e"}),
                        make_stage("far", role::public_facing, {"f"})});
  const auto show = play(plan_for(of), {{found_ill("guard:far", "e")}});
  EXPECT_EQ(show.row(), "partial_success · edge · p f · n o n · 4");
  EXPECT_EQ(show.details("edge").by, "guard");
}

TEST(guard, does_not_look_at_a_stage_that_failed_before) {
  auto of = bare_fleet({make_stage("prod", role::production, {"p"}),
                        make_stage("edge", role::public_facing, {"e"}),
                        make_stage("far", role::public_facing, {"f"})});
  const auto show = play(plan_for(of), {{bad("edge", step_kind::gate, "e", fails())}});
  EXPECT_EQ(show.row(), "partial_success · edge · p f · n o n · 4");
  EXPECT_THAT(show.steps(step_kind::guard), ElementsAre("guard:edge p", "guard:far p"));
  // The stage that stands is the one deployed last.
  const auto both = play(
      plan_for(of), {{bad("edge", step_kind::gate, "e", fails()), found_ill("guard:far", "p")}});
  EXPECT_EQ(both.row(), "rolled_back · prod · none · o o o · 1");
}

TEST(guard, has_nothing_to_look_at_before_the_first_stage_and_before_verification) {
  const auto of = plan_for(homelab());
  for (const auto& phase : of.phases) {
    EXPECT_NE(phase.id, "guard:thinkpad");
    EXPECT_NE(phase.id, "guard:verification");
  }
}

TEST(guard, takes_nothing_back_when_rollback_is_off) {
  const auto show = play(plan_for(homelab(), no_rollback()), {{found_ill("guard:vps", "rtx1080")}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · thinkpad rtx1080 · n n o · 2");
  EXPECT_THAT(show.hosts.restored, IsEmpty());
}

TEST(guard, that_is_alone_with_a_stage_that_failed_is_over_at_once) {
  auto of = bare_fleet({make_stage("edge", role::public_facing, {"e"}),
                        make_stage("far", role::public_facing, {"f"})});
  const auto show = play(plan_for(of), {{bad("edge", step_kind::gate, "e", fails())}});
  EXPECT_THAT(show.steps(step_kind::guard), IsEmpty());
  // Nothing before `edge` serves the new release, so this is no part of a success.
  EXPECT_EQ(show.row(), "failed · edge · f · o n · 1");
}

} // namespace

} // namespace baton::test
