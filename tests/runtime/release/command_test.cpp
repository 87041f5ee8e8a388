#include "world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A service that says who it is in a file; `app.sh up` replaces the one that runs.
constexpr const char* app = R"sh(#!/bin/sh
pidfile=$HOME/app.pid
running() { pid=$(cat "$pidfile" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; }
dead() { [ "$(cut -d ' ' -f 3 "/proc/$pid/stat" 2>/dev/null || echo Z)" = Z ]; }
case $1 in
up)
  "$0" down
  [ ! -e fails ] || { echo "the port is taken" >&2; exit 3; }
  cp VERSION "$HOME/serves"
  [ -z "$SETTING" ] || echo "$SETTING" >"$HOME/setting"
  [ ! -e .env ] || cp .env "$HOME/env-seen"
  setsid sleep 1000 &
  echo $! >"$pidfile"
  ;;
down)
  if running; then
    kill "$pid"
    until dead; do :; done
  fi
  rm -f "$pidfile" "$HOME/serves"
  ;;
status) running && [ ! -e sick ] ;;
esac
)sh";

class command_release : public testing::TestWithParam<const char*> {
protected:
  command_release() {
    command_engine engine;
    engine.start.argv = {"./app.sh", "up"};
    engine.stop.argv = {"./app.sh", "down"};
    engine.status.argv = {"./app.sh", "status"};
    at.the_stack().engine = engine;
  }
  std::string publish(const std::string& version,
                      std::vector<std::pair<std::string, std::string>> more = {}) {
    more.insert(more.end(), {{"VERSION", version + "\n"}, {"app.sh", app}});
    return at.commit(more, version);
  }
  std::string serves() { return at.read(at.home / "serves"); }

  world at{shell_named(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(shells, command_release, testing::Values("dash", "busybox", "bash"),
                         [](const auto& one) { return std::string{one.param}; });

TEST_P(command_release, a_first_deployment_clones_starts_and_is_seen) {
  const auto v1 = publish("v1");
  at.begin();
  EXPECT_EQ(at.run(step_kind::resolve).facts.at("commit"), v1);
  const auto looked = at.run(step_kind::inspect);
  ASSERT_FALSE(looked.why) << describe(*looked.why);
  ASSERT_TRUE(looked.view);
  EXPECT_TRUE(looked.view->seen);
  EXPECT_THAT(looked.view->releases, IsEmpty());
  EXPECT_FALSE(looked.view->healthy);
  EXPECT_EQ(at.run(step_kind::baseline).facts.at("baseline"), "none");
  const auto prepared = at.run(step_kind::prepare);
  ASSERT_FALSE(prepared.why) << describe(*prepared.why);
  EXPECT_EQ(serves(), "");
  const auto activated = at.run(step_kind::activate);
  ASSERT_FALSE(activated.why) << describe(*activated.why) << at.last_log;
  EXPECT_EQ(serves(), "v1\n");
  const auto gate = at.run(step_kind::gate);
  ASSERT_TRUE(gate.view);
  EXPECT_THAT(gate.view->releases, ElementsAre(at.plan.release));
  EXPECT_EQ(gate.view->healthy, true) << testing::PrintToString(gate.view->ill);
  EXPECT_EQ(gate.view->commit, v1);
  EXPECT_EQ(gate.view->last_good, "");
  EXPECT_EQ(gate.view->baseline, "");
}

TEST_P(command_release, is_seen_with_the_commit_of_what_runs_wherever_the_checkout_stands) {
  const auto v1 = publish("v1");
  at.deploy();
  ASSERT_FALSE(at.settle(true).why);
  const auto v2 = publish("v2");
  ASSERT_EQ(at.sh("cd '" + at.checkout.string() + "' && git fetch -q origin && git checkout -q "
                  + v2 + " && git rev-parse HEAD"),
            v2);
  EXPECT_EQ(at.run(step_kind::look).view->commit, v1);
}

TEST_P(command_release, a_failed_release_goes_back_to_the_last_good_one) {
  const auto v1 = publish("v1");
  at.deploy();
  const auto good = at.plan.release;
  ASSERT_FALSE(at.settle(true).why);
  publish("v2");
  at.deploy();
  EXPECT_EQ(serves(), "v2\n");
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre(at.plan.release));
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why) << at.last_log;
  EXPECT_EQ(restored.facts.at("restored"), good);
  EXPECT_EQ(serves(), "v1\n");
  const auto view = at.run(step_kind::gate).view;
  ASSERT_TRUE(view);
  EXPECT_THAT(view->releases, ElementsAre(good));
  EXPECT_EQ(view->last_good, good);
  EXPECT_EQ(view->healthy, true);
  EXPECT_EQ(view->commit, v1);
}

TEST_P(command_release, with_nothing_before_a_rollback_stops_what_was_started) {
  publish("v1");
  at.deploy();
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why);
  EXPECT_EQ(restored.facts.at("restored"), "none");
  EXPECT_EQ(serves(), "");
  const auto view = at.run(step_kind::look).view;
  EXPECT_THAT(view->releases, IsEmpty());
  EXPECT_FALSE(view->healthy);
}

TEST_P(command_release, what_ran_before_baton_is_the_baseline) {
  const auto v0 = publish("v0");
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.sh("cd app && ./app.sh up");
  publish("v1");
  at.deploy();
  EXPECT_EQ(serves(), "v1\n");
  EXPECT_EQ(at.run(step_kind::look).view->baseline, "baseline");
  ASSERT_FALSE(at.run(step_kind::restore).why);
  EXPECT_EQ(serves(), "v0\n");
  const auto view = at.run(step_kind::look).view;
  EXPECT_THAT(view->releases, ElementsAre("baseline"));
  EXPECT_EQ(view->commit, v0);
  EXPECT_EQ(at.git({"symbolic-ref", "--short", "HEAD"}, at.checkout), "main");
}

TEST_P(command_release, a_start_that_fails_says_why_and_can_be_taken_back) {
  publish("v1");
  at.deploy();
  at.settle(true);
  publish("v2", {{"fails", ""}});
  at.begin();
  for (const auto kind : {step_kind::resolve, step_kind::baseline, step_kind::prepare})
    ASSERT_FALSE(at.run(kind).why);
  const auto failed = at.run(step_kind::activate);
  ASSERT_TRUE(failed.why);
  EXPECT_EQ(failed.why->code, ec::step_failed);
  EXPECT_THAT(failed.why->what, HasSubstr("start ended with status 3"));
  EXPECT_THAT(failed.why->what, HasSubstr("the port is taken"));
  EXPECT_FALSE(failed.changed_nothing);
  ASSERT_FALSE(at.run(step_kind::restore).why);
  EXPECT_EQ(serves(), "v1\n");
}

TEST_P(command_release, a_run_that_touched_nothing_has_nothing_to_take_back) {
  publish("v1");
  at.deploy();
  at.settle(true);
  const auto pid = at.read(at.home / "app.pid");
  publish("v2");
  at.begin();
  for (const auto kind : {step_kind::resolve, step_kind::prepare})
    ASSERT_FALSE(at.run(kind).why);
  EXPECT_EQ(at.run(step_kind::restore).facts.at("restored"), "untouched");
  EXPECT_EQ(at.read(at.home / "app.pid"), pid);
}

TEST_P(command_release, what_a_snapshot_brought_back_is_started_anew) {
  publish("v1");
  at.deploy();
  at.settle(true);
  const auto good = at.plan.release;
  at.sh("cp -a app app.snap && cp -a state state.snap");
  publish("v2");
  at.deploy();
  // The snapshot has the records, too; what it does not have is the process of v2, nor its pid.
  at.sh("rm -rf app state app.pid && mv app.snap app && mv state.snap state");
  at.facts[{step_kind::restore_snapshot, 1}]["name"] = "baton-1";
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why) << at.last_log;
  EXPECT_EQ(restored.facts.at("restored"), good);
  EXPECT_EQ(serves(), "v1\n");
  EXPECT_THAT(at.run(step_kind::gate).view->releases, ElementsAre(good));
  EXPECT_FALSE(at.settle(false).why) << at.last_log;
  EXPECT_EQ(at.run(step_kind::look).view->last_good, good);
}

TEST_P(command_release, a_snapshot_that_holds_no_records_is_restored_by_those_that_are_there) {
  publish("v1");
  at.deploy();
  at.settle(true);
  const auto good = at.plan.release;
  at.sh("cp -a app app.snap");
  publish("v2");
  at.deploy();
  at.sh("rm -rf app && mv app.snap app");
  at.facts[{step_kind::restore_snapshot, 1}]["name"] = "baton-1";
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why) << at.last_log;
  EXPECT_EQ(serves(), "v1\n");
  EXPECT_THAT(at.run(step_kind::gate).view->releases, ElementsAre(good));
}

} // namespace
} // namespace baton::test
