#include "git_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

/// Which releases are kept, and how they come back.

namespace baton::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

TEST_P(git_release, env_and_saved_secrets_come_back_with_the_release) {
  publish("v1", {{".gitignore", ".env\nsecret\n"}});
  at.begin();
  ASSERT_FALSE(up_to(step_kind::baseline).why);
  at.sh("mkdir app && cd app && git init -q");
  at.write(at.checkout / ".env", "A=1\n");
  at.write(at.checkout / "secret", "old");
  ASSERT_FALSE(up_to(step_kind::activate).why) << at.last_log;
  at.settle(true);

  at.plan.fleet.secrets.driver = secrets_driver::script;
  at.plan.fleet.secrets.script = "/bin/true";
  at.plan.fleet.secrets.places = {{"/from", "~/app/secret", compare_mode::bytes, {}}};
  publish("v2");
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  const auto saved = at.run(step_kind::save_secrets);
  ASSERT_FALSE(saved.why) << describe(*saved.why);
  at.write(at.checkout / "secret", "new");
  at.write(at.checkout / ".env", "A=2\n");
  for (const auto kind : {step_kind::prepare, step_kind::activate})
    ASSERT_FALSE(at.run(kind).why) << at.last_log;
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why);
  EXPECT_EQ(at.read(at.checkout / "secret"), "old");
  EXPECT_EQ(at.read(at.checkout / ".env"), "A=1\n");
}

TEST_P(git_release, settle_drops_the_worktree_and_old_releases) {
  at.plan.fleet.keep_releases = 2;
  std::vector<std::string> releases;
  for (const auto* version : {"v1", "v2", "v3", "v4"}) {
    publish(version);
    at.deploy();
    releases.push_back(at.plan.release);
    ASSERT_FALSE(at.settle(true).why);
  }
  const auto records = at.state / "stacks/fleet/alpha/web/release";
  EXPECT_FALSE(fs::exists(records / releases[0]));
  EXPECT_FALSE(fs::exists(records / releases[1]));
  EXPECT_TRUE(fs::exists(records / releases[2]));
  EXPECT_TRUE(fs::exists(records / releases[3]));
  EXPECT_FALSE(fs::exists(records / releases[3] / "tree"));
  EXPECT_THAT(at.git({"worktree", "list"}, at.checkout), Not(HasSubstr("/stacks/")));
  EXPECT_THAT(at.git({"for-each-ref", "refs/baton"}, at.checkout),
              AllOf(HasSubstr(releases[3]), Not(HasSubstr(releases[0]))));
}

TEST_P(git_release, what_failed_takes_no_place_of_a_good_release) {
  at.plan.fleet.keep_releases = 2;
  std::vector<std::string> good;
  for (const auto* version : {"v1", "v2", "v3"}) {
    publish(version);
    at.deploy();
    good.push_back(at.plan.release);
    ASSERT_FALSE(at.settle(true).why);
    // Each is followed by two that are taken back, and by one that could not be.
    for (const auto* way : {"restored", "restored", "lost"}) {
      publish(std::string{version} + way);
      at.deploy();
      if (std::string_view{way} == "restored") {
        ASSERT_FALSE(at.run(step_kind::restore).why) << at.last_log;
      }
      ASSERT_FALSE(at.settle(false).why) << at.last_log;
    }
  }
  const auto records = at.state / "stacks/fleet/alpha/web/release";
  EXPECT_FALSE(fs::exists(records / good[0]));
  EXPECT_TRUE(fs::exists(records / good[1]));
  EXPECT_TRUE(fs::exists(records / good[2]));
  const std::set<std::string> others{good[1], good[2], "baseline"};
  std::size_t failed = 0;
  for (const auto& entry : fs::directory_iterator{records})
    if (!others.contains(entry.path().filename().string()))
      ++failed;
  EXPECT_EQ(failed, 4U) << "the three newest of them, and the one that serves";
}

TEST_P(git_release, what_says_that_secrets_were_put_back_goes_with_the_next_run_that_ends) {
  publish("v1");
  at.deploy();
  at.write(at.state / "secrets/run1.back", "");
  at.write(at.state / "secrets/run1/1.path", "/kept/for/a/person");
  ASSERT_FALSE(at.settle(true).why) << at.last_log;
  EXPECT_FALSE(fs::exists(at.state / "secrets/run1.back"));
  EXPECT_TRUE(fs::exists(at.state / "secrets/run1/1.path"));
}

TEST_P(git_release, one_that_was_good_is_brought_back_whole_and_from_this_host_alone) {
  publish("v1");
  at.deploy();
  at.write(at.checkout / ".env", "A=1\n");
  ASSERT_FALSE(at.run(step_kind::activate).why) << at.last_log; // takes the file down
  ASSERT_FALSE(at.settle(true).why);
  const auto first = at.plan.release;
  const auto commit = at.git({"rev-parse", "HEAD"}, at.checkout);
  publish("v2");
  at.deploy();
  at.write(at.checkout / ".env", "A=2\n");
  ASSERT_FALSE(at.settle(true).why);
  fs::rename(at.origin, at.root / "away");

  at.begin();
  at.plan.returns_to = "run1";
  at.plan.recalls["alpha"] = first;
  at.plan.commits["web"] = commit;
  const auto seen = at.run(step_kind::inspect);
  ASSERT_FALSE(seen.why) << describe(*seen.why);
  EXPECT_THAT(seen.facts.at("kept"), HasSubstr(first + " " + commit));
  for (const auto kind : {step_kind::baseline, step_kind::prepare, step_kind::activate}) {
    const auto done = at.run(kind);
    ASSERT_FALSE(done.why) << describe(*done.why) << at.last_log;
  }
  EXPECT_EQ(version(), "v1\n");
  EXPECT_EQ(at.read(at.checkout / ".env"), "A=1\n");
  const auto now = at.run(step_kind::look);
  EXPECT_EQ(now.view->commit, commit);
  ASSERT_FALSE(at.settle(true).why);
  EXPECT_EQ(at.run(step_kind::look).view->last_good, at.plan.release);
}

TEST_P(git_release, a_secret_file_that_lies_elsewhere_comes_back_with_a_release_that_is_asked_for) {
  at.plan.fleet.secrets.driver = secrets_driver::builtin;
  at.plan.fleet.secrets.places = {{"", "~/secret.env", compare_mode::bytes, {}}};
  std::vector<std::string> releases;
  for (const auto* version : {"v1", "v2"}) {
    at.write(at.home / "secret.env", version);
    publish(version);
    at.deploy();
    releases.push_back(at.plan.release);
    ASSERT_FALSE(at.settle(true).why);
  }
  // A run that fails leaves it to who has saved it.
  at.write(at.home / "secret.env", "rotated");
  publish("v3");
  at.deploy();
  ASSERT_FALSE(at.run(step_kind::restore).why) << at.last_log;
  EXPECT_EQ(at.read(at.home / "secret.env"), "rotated");
  at.settle(false);

  at.begin();
  at.plan.returns_to = "run1";
  at.plan.recalls["alpha"] = releases[0];
  at.plan.commits["web"] = at.git({"rev-parse", "HEAD~2"});
  for (const auto kind : {step_kind::inspect, step_kind::prepare, step_kind::activate}) {
    const auto done = at.run(kind);
    ASSERT_FALSE(done.why) << describe(*done.why) << at.last_log;
  }
  EXPECT_EQ(at.read(at.home / "secret.env"), "v1");
  ASSERT_FALSE(at.run(step_kind::restore).why) << at.last_log;
  EXPECT_EQ(at.read(at.home / "secret.env"), "v2");
}

TEST_P(git_release, one_that_is_not_kept_is_not_brought_back_and_nothing_is_touched) {
  publish("v1");
  at.deploy();
  ASSERT_FALSE(at.settle(true).why);
  at.begin();
  at.plan.returns_to = "run1";
  at.plan.recalls["alpha"] = "Rgone";
  at.plan.commits["web"] = at.git({"rev-parse", "HEAD"}, at.checkout);
  for (const auto kind : {step_kind::inspect, step_kind::prepare}) {
    const auto done = at.run(kind);
    ASSERT_TRUE(done.why);
    EXPECT_EQ(done.why->code, ec::bad_commit);
    EXPECT_THAT(done.why->what, HasSubstr("no good release Rgone is kept on alpha"));
  }
  EXPECT_EQ(version(), "v1\n");
}

} // namespace
} // namespace baton::test
