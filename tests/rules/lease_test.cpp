#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// A lease that is lost, and what a run owes to its leases.

namespace baton::test {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

trouble stolen(const std::string& phase, step_kind kind, const std::string& host) {
  return meanwhile(phase, kind, host, [host](auto& hosts) { hosts.at(host).lease_stolen = true; });
}

TEST(a_lost_lease, ends_the_run_and_leaves_that_host_alone) {
  const auto show =
      play(plan_for(homelab()), {{stolen("rtx1080", step_kind::activate, "rtx1080")}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · none · o ? o · 2");
  EXPECT_EQ(show.ends.why->code, ec::lease_lost);
  EXPECT_EQ(show.alerts()[0].severity, severity::critical);
  // Nothing was tried there, and the other owner may have left all well.
  EXPECT_THAT(show.alerts()[1].text, HasSubstr("rtx1080 was not brought back: "));
  EXPECT_EQ(show.hosts.restored, std::set<std::string>{"thinkpad"});
  EXPECT_THAT(show.steps(step_kind::release_lease), ElementsAre("ending thinkpad", "ending vps"));
  EXPECT_THAT(show.steps(step_kind::put_back_secrets), Not(Contains("ending rtx1080")));
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("rtx1080"));
}

TEST(a_lost_lease, is_no_reason_to_retry) {
  auto of = homelab();
  auto lost = bad("vps", step_kind::prepare, "vps", fails_retryably(ec::lease_lost));
  const auto show = play(plan_for(of), {{lost}});
  EXPECT_EQ(show.steps(step_kind::prepare).size(), 3U);
  // What happens in phase vps never touches production.
  EXPECT_EQ(show.row(), "failed · vps · thinkpad rtx1080 · n n ? · 2");
}

TEST(a_lost_lease, that_is_noticed_in_a_guard_counts_for_the_next_phase) {
  const auto show =
      play(plan_for(without_secrets()),
           {{bad("guard:rtx1080", step_kind::guard, "thinkpad", fails(ec::lease_lost))}});
  EXPECT_EQ(show.ends.phase, "rtx1080");
  EXPECT_EQ(show.ends.status, status::failed);
  EXPECT_THAT(show.ends.rollback_failed, ElementsAre("thinkpad"));
}

TEST(a_lost_lease, that_is_noticed_in_the_rollback_is_a_failed_rollback) {
  const auto show =
      play(plan_for(homelab()), {{bad("rtx1080", step_kind::gate, "rtx1080", fails()),
                                  stolen("rollback:rtx1080", step_kind::restore, "rtx1080")}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · none · o ? o · 2");
  // The snapshot would be something more on a host that is somebody else's.
  EXPECT_THAT(show.steps(step_kind::restore_snapshot), IsEmpty());
}

TEST(a_lost_lease, that_is_noticed_in_the_ending_stops_the_ending_there) {
  const auto show =
      play(plan_for(homelab()), {{bad("thinkpad", step_kind::gate, "thinkpad", fails()),
                                  stolen("ending", step_kind::put_back_secrets, "vps")}});
  EXPECT_EQ(show.row(), "failed · thinkpad · none · o o ? · 2");
  EXPECT_THAT(show.steps(step_kind::release_lease), Not(Contains("ending vps")));
}

TEST(a_lost_lease, that_is_noticed_at_the_very_end_fails_the_run) {
  for (const auto kind : {step_kind::settle, step_kind::release_lease}) {
    const auto show = play(plan_for(homelab()), {{stolen("ending", kind, "rtx1080")}});
    EXPECT_EQ(show.row(), "failed · verification · thinkpad vps · n ? n · 2") << to_string(kind);
    ASSERT_TRUE(show.ends.why);
    EXPECT_EQ(show.ends.why->code, ec::lease_lost);
    ASSERT_EQ(show.alerts().size(), 1U);
    EXPECT_EQ(show.alerts()[0].severity, severity::critical);
    EXPECT_EQ(show.alerts()[0].host, "rtx1080");
  }
  const auto both =
      play(plan_for(homelab()), {{stolen("ending", step_kind::release_lease, "thinkpad"),
                                  stolen("ending", step_kind::release_lease, "rtx1080")}});
  EXPECT_EQ(both.row(), "failed · verification · vps · ? ? n · 2");
}

TEST(a_lost_lease, of_the_stage_that_went_on_fails_no_run) {
  const auto show =
      play(plan_for(homelab()), {{vps_is_ill, stolen("ending", step_kind::release_lease, "vps")}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n ? · 2");
}

TEST(a_lost_lease, of_a_host_that_was_not_changed_is_only_told) {
  const auto show = play(plan_for(homelab()),
                         {{bad("pre_flight", step_kind::inspect, "vps", fails(ec::missing_tool)),
                           stolen("ending", step_kind::release_lease, "thinkpad")}});
  EXPECT_EQ(show.row(), "aborted · pre_flight · none · ? o o · 1");
  EXPECT_EQ(show.ends.warnings.size(), 1U);
}

TEST(a_lease, that_may_have_been_had_is_released) {
  // Also where the one that asks now is not the one that may have been given it.
  for (const auto code :
       {ec::timed_out, ec::connection_lost, ec::step_lost, ec::internal, ec::unreachable}) {
    const auto show = play(plan_for(homelab()),
                           {{bad("pre_flight", step_kind::lease, "vps", fails_half_way(code))}});
    EXPECT_THAT(show.steps(step_kind::release_lease), Contains("ending vps")) << to_string(code);
  }
  const auto show = play(plan_for(homelab()),
                         {{bad("pre_flight", step_kind::lease, "vps", fails(ec::auth_failed))}});
  EXPECT_THAT(show.steps(step_kind::release_lease), Not(Contains("ending vps")));
}

TEST(a_lease, that_cannot_be_released_is_a_warning) {
  const auto show =
      play(plan_for(homelab()), {{bad("ending", step_kind::release_lease, "vps", fails())}});
  EXPECT_EQ(show.row(), "success · verification · thinkpad rtx1080 vps · n n n · 0");
  EXPECT_EQ(show.ends.warnings.size(), 1U);
}

TEST(a_lease, of_one_host_that_is_refused_keeps_the_others_from_being_changed) {
  const auto show =
      play(plan_for(homelab()), {{bad("pre_flight", step_kind::lease, "", fails(ec::lease_held))}});
  EXPECT_EQ(show.row(), "aborted · pre_flight · none · o o o · 3");
  EXPECT_THAT(show.steps(step_kind::release_lease), IsEmpty());
  EXPECT_THAT(show.ends.changed, IsEmpty());
}

} // namespace

} // namespace baton::test
