#include "rules/dead_owner.hpp"
#include "rules/taken_over.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// Whose lease may be taken.

namespace baton::test {

namespace {

using namespace std::chrono_literals;
using enum succession;

struct owner_case {
  owner_process process;
  owner_run run;
  duration silent;
  succession then;
};

TEST(a_lease, is_taken_only_from_an_owner_that_is_proven_dead) {
  using process = owner_process;
  using run_of = owner_run;
  const owner_case cases[]{
      {process::lives, run_of::foreign, 0s, wait},
      {process::lives, run_of::foreign, 48h, wait}, // it hangs, and can be asked and killed here
      {process::lives, run_of::unfinished, 48h, wait},
      {process::gone, run_of::foreign, 0s, take},
      {process::gone, run_of::unfinished, 0s, resume},
      {process::elsewhere, run_of::foreign, 9min, wait},
      {process::elsewhere, run_of::foreign, 10min, take},
      {process::elsewhere, run_of::unfinished, 9min, wait},
      {process::elsewhere, run_of::unfinished, 10min, resume},
      // It could not give the lease back, and never comes back for it.
      {process::lives, run_of::ended, 0s, take},
      {process::elsewhere, run_of::ended, 0s, take},
      {process::gone, run_of::ended, 0s, take},
  };
  for (const auto& one : cases)
    EXPECT_EQ(succession_of({one.process, one.run, one.silent}, 10min), one.then)
        << static_cast<int>(one.process) << " " << static_cast<int>(one.run);
}

TEST(what_a_dead_run_has_left, is_told_as_it_is_found) {
  unit_view found;
  EXPECT_FALSE(left_behind({"vps", "app"}, found)) << "it could not be seen";
  found.seen = true;
  EXPECT_FALSE(left_behind({"vps", ""}, found));
  EXPECT_EQ(left_behind({"vps", "app"}, found), "vps: so that run has left app: nothing runs");
  found.releases = {"r2"};
  found.last_good = "r1";
  found.healthy = false;
  EXPECT_EQ(left_behind({"vps", "app"}, found),
            "vps: so that run has left app: release r2 runs, which no run has found good, "
            "not healthy");
  found.healthy = true;
  found.baseline = "r2";
  EXPECT_EQ(left_behind({"vps", "app"}, found),
            "vps: so that run has left app: release r2 runs, which ran before Baton");
  found.last_good = "r2";
  EXPECT_EQ(left_behind({"vps", "app"}, found),
            "vps: so that run has left app: its last good release runs");
  found.releases = {"r1", "r2"};
  EXPECT_EQ(left_behind({"vps", "app"}, found),
            "vps: so that run has left app: parts of several releases run");
}

/// The lease of the VPS is taken from a run which nobody goes on with.
staging with_the_vps_taken_over() {
  staging with;
  with.retells = [](const event::step_started& step, step_outcome& outcome) {
    if (step.kind == step_kind::lease)
      outcome.facts["fence"] = "7";
    if (step.kind == step_kind::lease && step.target == "vps")
      outcome.facts["taken_over"] = "vps: taken over from run 41";
  };
  return with;
}

TEST(a_lease_that_is_taken_over, warns_of_the_run_and_of_what_it_has_left) {
  auto with = with_the_vps_taken_over();
  with.first = [](host_model& hosts) { hosts.stack_at("vps").last_good = "older"; };
  const auto show = play(plan_for(homelab()), with);
  EXPECT_EQ(show.row(), "success · verification · thinkpad rtx1080 vps · n n n · 0");
  EXPECT_THAT(show.ends.warnings,
              testing::ElementsAre("vps: taken over from run 41",
                                   "vps: so that run has left app: release old runs, which no run "
                                   "has found good"));
}

TEST(a_lease_that_is_taken_over, says_nothing_more_of_a_host_that_cannot_be_seen) {
  auto with = with_the_vps_taken_over();
  const auto take_over = with.retells;
  with.retells = [take_over](const event::step_started& step, step_outcome& outcome) {
    take_over(step, outcome);
    if (step.kind == step_kind::inspect && outcome.view)
      outcome.view->seen = false;
  };
  const auto show = play(plan_for(homelab()), with);
  EXPECT_THAT(show.ends.warnings, testing::ElementsAre("vps: taken over from run 41"));
  with.retells = [take_over](const event::step_started& step, step_outcome& outcome) {
    take_over(step, outcome);
    if (step.kind == step_kind::inspect)
      outcome.view.reset();
  };
  EXPECT_THAT(play(plan_for(homelab()), with).ends.warnings,
              testing::ElementsAre("vps: taken over from run 41"));
}

} // namespace

} // namespace baton::test
