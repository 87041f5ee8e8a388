#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// The five scenarios of README.md.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(scenarios, staging_fails_and_nothing_else_is_touched) {
  const auto show =
      play(plan_for(homelab()),
           {{bad("thinkpad", step_kind::gate, "thinkpad", fails_retryably(ec::not_steady))}});
  EXPECT_EQ(show.row(), "failed · thinkpad · none · o o o · 1");
  EXPECT_EQ(show.hosts.restored, std::set<std::string>{"thinkpad"});
  EXPECT_EQ(show.hosts.activated, std::set<std::string>{"thinkpad"});
  ASSERT_EQ(show.alerts().size(), 1U);
  EXPECT_EQ(show.alerts()[0].severity, severity::warning);
  EXPECT_EQ(show.details("tests").outcome, phase_outcome::not_run);
  expect_secrets_fit(show);
}

TEST(scenarios, tests_fail_and_production_is_not_affected) {
  const auto show =
      play(plan_for(homelab()),
           {{bad("tests", step_kind::run_tests, "thinkpad", fails(ec::tests_failed))}});
  EXPECT_EQ(show.row(), "failed · tests · none · o o o · 1");
  EXPECT_EQ(show.hosts.activated, std::set<std::string>{"thinkpad"});
  EXPECT_EQ(show.hosts.restored, std::set<std::string>{"thinkpad"});
  EXPECT_EQ(show.ends.why->code, ec::tests_failed);
  expect_secrets_fit(show);
}

TEST(scenarios, production_fails_and_staging_goes_back_too) {
  const auto show = play(plan_for(homelab()),
                         {{bad("rtx1080", step_kind::gate, "rtx1080", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "rolled_back · rtx1080 · none · o o o · 1");
  EXPECT_THAT(show.steps(step_kind::restore),
              ElementsAre("rollback:rtx1080 rtx1080", "rollback:thinkpad thinkpad"));
  EXPECT_FALSE(show.hosts.activated.contains("vps"));
  EXPECT_EQ(show.alerts()[0].severity, severity::critical);
  EXPECT_THAT(show.alerts()[0].text, HasSubstr("rolling back thinkpad, rtx1080"));
  expect_secrets_fit(show);
}

TEST(scenarios, the_vps_fails_and_only_the_vps_goes_back) {
  const auto show = play(plan_for(homelab()),
                         {{bad("vps", step_kind::gate, "vps", fails_retryably(ec::not_steady))}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n o · 4");
  EXPECT_EQ(show.hosts.restored, std::set<std::string>{"vps"});
  EXPECT_EQ(show.details("vps").attempts, 3);
  EXPECT_EQ(show.details("verification").outcome, phase_outcome::ok);
  ASSERT_EQ(show.alerts().size(), 1U);
  EXPECT_EQ(show.alerts()[0].severity, severity::critical);
  EXPECT_EQ(show.alerts()[0].phase, "vps");
  EXPECT_THAT(show.alerts()[0].text, HasSubstr("manual intervention required"));
  expect_secrets_fit(show);
}

TEST(scenarios, verification_fails_and_everything_goes_back) {
  const auto show = play(plan_for(homelab()),
                         {{bad("verification", step_kind::verify, "vps", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "rolled_back · verification · none · o o o · 1");
  EXPECT_THAT(
      show.steps(step_kind::restore),
      ElementsAre("rollback:vps vps", "rollback:rtx1080 rtx1080", "rollback:thinkpad thinkpad"));
  EXPECT_EQ(show.alerts()[0].severity, severity::critical);
  expect_secrets_fit(show);
}

TEST(scenarios, a_run_that_succeeds_passes_its_phases_in_order) {
  std::vector<std::string> phases;
  const auto show = play(plan_for(homelab()));
  for (const auto& one : show.journal)
    if (const auto* begun = std::get_if<event::phase_started>(&one.what))
      phases.push_back(begun->phase);
  EXPECT_THAT(phases, ElementsAre("pre_flight", "secrets_sync", "snapshots", "thinkpad",
                                  "guard:tests", "tests", "guard:rtx1080", "rtx1080", "guard:vps",
                                  "vps", "verification", "ending"));
  EXPECT_THAT(show.hosts.violations, IsEmpty());
  for (const auto& [name, host] : show.hosts.hosts())
    EXPECT_FALSE(host.leased) << name;
  // Nothing that was just verified is looked at once more.
  EXPECT_THAT(show.steps(step_kind::look), IsEmpty());
  EXPECT_EQ(show.ends.commit, "0123456789abcdef");
  EXPECT_THAT(show.ends.changed, ElementsAre("rtx1080", "thinkpad", "vps"));
}

TEST(scenarios, every_key_of_details_is_always_there) {
  const auto expect_keys = [](const played& show) {
    std::vector<std::string> keys;
    for (const auto& [name, entry] : show.ends.details)
      keys.push_back(name);
    EXPECT_THAT(keys, ElementsAre("pre_flight", "secrets_sync", "snapshots", "thinkpad", "tests",
                                  "rtx1080", "vps", "verification"));
  };
  expect_keys(play(plan_for(homelab())));
  request staging_only;
  staging_only.environment = "staging";
  expect_keys(play(plan_for(homelab(), staging_only)));
  expect_keys(play(plan_for(homelab()),
                   {{bad("pre_flight", step_kind::resolve, "controller", fails(ec::bad_commit))}}));
}

} // namespace

} // namespace baton::test
