#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

/// Own snapshots: when they are deleted, and what it means to go back to one.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

TEST(rollback_with, the_snapshot_when_the_application_does_not_come_back) {
  const auto show = play(
      plan_for(homelab()),
      {{rtx_fails,
        limited(bad("rollback:rtx1080", step_kind::restore, "rtx1080", fails_half_way()), 1)}});
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
              ElementsAre(AllOf(HasSubstr("rtx1080 is said to be set back to the snapshot "
                                          "baton-rtx1080, by its tool"),
                                HasSubstr("written there since"), HasSubstr("is gone"))));
  const auto told = [&of](std::map<std::string, std::string> facts) {
    staging with{{rtx_fails}};
    with.retells = [facts = std::move(facts)](const auto& step, step_outcome& outcome) {
      if (step.kind == step_kind::restore_snapshot)
        outcome.facts = facts;
    };
    return play(plan_for(of), with).ends.warnings;
  };
  EXPECT_THAT(told({{"told_by", "zfs rollback x"}}),
              ElementsAre(HasSubstr("by `zfs rollback x`, which nothing else shows")));
  EXPECT_THAT(told({{"seen", "nothing was written"}, {"told_by", "zfs rollback x"}}),
              ElementsAre(HasSubstr("rtx1080 was set back to the snapshot baton-rtx1080 (seen: "
                                    "nothing was written): what was written there since")));
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

TEST(rollback_with, the_snapshot_takes_all_stacks_of_the_host_along) {
  const auto of = plan_for(two_stacks(rollback_method::app_then_snapshot));
  const auto show =
      play(of, {{bad("prod", step_kind::gate, "b", fails()),
                 limited(bad("rollback:prod", step_kind::gate, "a", fails(ec::unhealthy)), 1)}});
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
    const auto show = play(plan_for(two_stacks(with)), with == rollback_method::snapshot
                                                           ? staging{{one}}
                                                           : staging{{one, limited(app_fails, 1)}});
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

// Once it has failed, a later failure further up does not begin it again.
TEST(a_stage_that_goes_back_by_snapshot, is_not_begun_again_when_that_has_failed) {
  auto of = two_stacks(rollback_method::snapshot);
  of.stages.back().on_failure = {scope::self, status::partial_success, severity::critical,
                                 after_failure::go_on};
  of.stages.push_back(make_stage("last", role::production, {"z"}));
  of.stages.back().stacks = of.stages.front().stacks;
  of.environments.front().stages.push_back("last");
  of.hosts.push_back(of.hosts.back());
  of.hosts.back().reach.name = "z";
  const auto show =
      play(plan_for(of), {{bad("prod", step_kind::gate, "a", fails()),
                           bad("rollback:prod", step_kind::restore_snapshot, "", fails()),
                           bad("last", step_kind::gate, "z", fails())}});
  EXPECT_EQ(show.stuck, "");
  EXPECT_EQ(show.steps(step_kind::restore_snapshot).size(), 2U) << show.story();
  // A stack of the same host that was not touched owes nothing.
  const auto half = play(plan_for(two_stacks(rollback_method::snapshot)),
                         {{limited(bad("prod", step_kind::activate, "a", fails()), 1),
                           bad("rollback:prod", step_kind::restore_snapshot, "a", fails())}});
  EXPECT_EQ(half.ends.rollback_failed, std::vector<std::string>{"a"});
}

} // namespace

} // namespace baton::test
