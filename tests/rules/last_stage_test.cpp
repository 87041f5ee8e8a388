#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

/// Rule 1: what happens in the VPS stays there.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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

} // namespace

} // namespace baton::test
