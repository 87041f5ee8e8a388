#include "git_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// What a person, or a release, has changed in a checkout.

namespace baton::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

TEST_P(git_release, changed_files_are_refused_and_listed) {
  publish("v1", {{"a b", "1"}, {"notes", "1"}});
  at.deploy();
  at.settle(true);
  publish("v2");
  at.write(at.checkout / "a b", "mine");
  fs::remove(at.checkout / "notes");
  at.begin();
  for (const auto kind : {step_kind::inspect, step_kind::prepare}) {
    at.run(step_kind::resolve);
    const auto refused = at.run(kind);
    ASSERT_TRUE(refused.why);
    EXPECT_EQ(refused.why->code, ec::dirty);
    EXPECT_FALSE(refused.why->retryable);
    EXPECT_THAT(refused.why->what, HasSubstr("a b, notes"));
  }
  EXPECT_EQ(version(), "v1\n");
  EXPECT_EQ(at.read(at.checkout / "a b"), "mine");
}

TEST_P(git_release, what_becomes_dirty_after_prepare_is_refused_untouched) {
  publish("v1");
  at.deploy();
  at.settle(true);
  publish("v2");
  at.begin();
  ASSERT_FALSE(up_to(step_kind::prepare).why);
  at.write(at.checkout / "VERSION", "by hand\n");
  const auto refused = at.run(step_kind::activate);
  ASSERT_TRUE(refused.why);
  EXPECT_EQ(refused.why->code, ec::dirty);
  EXPECT_TRUE(refused.changed_nothing);
  EXPECT_EQ(version(), "by hand\n");
  EXPECT_EQ(at.run(step_kind::restore).facts.at("restored"), "untouched");
}

TEST_P(git_release, untracked_files_that_the_commit_would_overwrite_are_refused_ignored_ones_too) {
  publish("v1", {{".gitignore", "local.conf\n"}});
  at.deploy();
  at.settle(true);
  publish("v2",
          {{"local.conf", "theirs"}, {"dir/file", "theirs"}, {"same", "same"}, {"n'w\"\n$x", "t"}});
  at.write(at.checkout / "local.conf", "mine");
  at.write(at.checkout / "dir", "a file where the commit has a folder");
  at.write(at.checkout / "same", "same");
  at.write(at.checkout / "n'w\"\n$x", "mine");
  at.write(at.checkout / "other", "nobody minds");
  at.begin();
  const auto refused = up_to(step_kind::activate);
  ASSERT_TRUE(refused.why);
  EXPECT_EQ(refused.why->code, ec::dirty);
  EXPECT_THAT(refused.why->what,
              AllOf(HasSubstr("local.conf"), HasSubstr("dir"), HasSubstr("n'w\"?$x"),
                    Not(HasSubstr("same")), Not(HasSubstr("other"))));
  EXPECT_EQ(at.read(at.checkout / "local.conf"), "mine");
}

TEST_P(git_release, discarded_changes_can_be_had_back) {
  at.the_stack().dirty = dirty_policy::discard;
  publish("v1", {{"conf", "1\n"}});
  at.deploy();
  at.settle(true);
  publish("v2", {{"new\nname", "theirs"}});
  at.write(at.checkout / "conf", "mine\n");
  at.write(at.checkout / "new\nname", "mine too");
  at.begin();
  const auto done = up_to(step_kind::activate);
  ASSERT_FALSE(done.why) << describe(*done.why) << at.last_log;
  EXPECT_EQ(version(), "v2\n");
  EXPECT_EQ(at.read(at.checkout / "conf"), "1\n");
  EXPECT_EQ(at.read(at.checkout / "new\nname"), "theirs");
  EXPECT_EQ(at.read(at.state / "stacks/fleet/alpha/web/release" / at.plan.release / "discarded"
                    / "new\nname"),
            "mine too");
  EXPECT_THAT(done.notes, Contains(HasSubstr("stash apply refs/baton/")));
  at.git({"stash", "apply", "-q", "refs/baton/fleet/alpha/web/discarded/" + at.plan.release},
         at.checkout);
  EXPECT_EQ(at.read(at.checkout / "conf"), "mine\n");
}

TEST_P(git_release, kept_changes_stay_and_only_conflicts_are_refused) {
  at.the_stack().dirty = dirty_policy::keep;
  publish("v1", {{"conf", "1\n"}, {"other", "1\n"}});
  at.deploy();
  at.settle(true);
  at.write(at.checkout / "conf", "mine\n");
  publish("v2");
  at.deploy();
  EXPECT_EQ(version(), "v2\n");
  EXPECT_EQ(at.read(at.checkout / "conf"), "mine\n");
  ASSERT_FALSE(at.run(step_kind::restore).why);
  EXPECT_EQ(version(), "v1\n");
  EXPECT_EQ(at.read(at.checkout / "conf"), "mine\n");
  publish("v3", {{"conf", "3\n"}});
  at.begin();
  const auto refused = up_to(step_kind::activate);
  ASSERT_TRUE(refused.why);
  EXPECT_EQ(refused.why->code, ec::dirty);
  EXPECT_THAT(refused.why->what, HasSubstr("conf"));
}

TEST_P(git_release, a_rollback_is_not_held_up_by_what_the_release_wrote_into_tracked_files) {
  publish("v1", {{"data", "1\n"}});
  at.deploy();
  at.settle(true);
  publish("v2");
  at.deploy();
  at.write(at.checkout / "data", "written by v2\n");
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why);
  EXPECT_EQ(version(), "v1\n");
  EXPECT_EQ(at.read(at.checkout / "data"), "1\n");
  EXPECT_THAT(restored.notes, Contains(HasSubstr("stash apply refs/baton/")));
}

TEST_P(git_release, a_lock_that_a_dead_git_left_is_named) {
  publish("v1");
  at.deploy();
  at.settle(true);
  publish("v2");
  at.write(at.checkout / ".git/index.lock", "");
  at.begin();
  const auto looked = up_to(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_THAT(looked.why->what, HasSubstr("rm " + (at.checkout / ".git/index.lock").string()));
}

} // namespace
} // namespace baton::test
