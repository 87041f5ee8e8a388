#include "rules/dead_owner.hpp"
#include "rules/taken_over.hpp"

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

} // namespace

} // namespace baton::test
