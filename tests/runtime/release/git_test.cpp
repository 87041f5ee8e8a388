#include "git_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// Pre-flight, what travels, and what a release leaves behind.

namespace baton::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

TEST_P(git_release, pre_flight_names_all_that_is_wrong_with_what_mends_it) {
  publish("v1", {{"conf", "1\n"}});
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  publish("v2", {{".env", "SECRET=x\n"}});
  at.write(at.checkout / "conf", "mine");
  at.plan.fleet.disk_free_min = 1'000'000'000'000'000;
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  at.the_stack().repository = (at.root / "nowhere").string();
  const auto looked = at.run(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_THAT(looked.why->what, AllOf(HasSubstr("things are wrong"), HasSubstr("cannot ask"),
                                      HasSubstr("conf"), HasSubstr("needed are 1000000.0 GB")));
  EXPECT_EQ(looked.facts.at("fault.1.code"), "remote_git");
  EXPECT_THAT(looked.facts.at("fault.2.mend"), HasSubstr("stash"));
  EXPECT_EQ(looked.why->target, "alpha");
  ASSERT_TRUE(looked.view);
  EXPECT_TRUE(looked.view->seen);
}

TEST_P(git_release, a_tracked_env_file_is_refused) {
  publish("v1", {{".env", "SECRET=x\n"}});
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.begin();
  const auto looked = up_to(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_EQ(looked.why->code, ec::config_invalid);
  EXPECT_THAT(looked.why->what, HasSubstr("git rm --cached .env"));
}

TEST_P(git_release, a_folder_that_is_no_checkout_is_left_alone) {
  publish("v1");
  at.write(at.checkout / "precious", "mine");
  at.begin();
  const auto looked = up_to(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_THAT(looked.why->what, HasSubstr("is no git checkout"));
  EXPECT_EQ(at.run(step_kind::prepare).why->code, ec::config_invalid);
  EXPECT_EQ(at.read(at.checkout / "precious"), "mine");
}

TEST_P(git_release, a_look_changes_nothing) {
  publish("v1");
  at.deploy();
  at.settle(true);
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  at.sh("touch app/VERSION; touch -d '2001-01-01' stamp; find app state -exec touch -hd 2000-01-01 "
        "{} +");
  ASSERT_FALSE(at.run(step_kind::inspect).why);
  ASSERT_FALSE(at.run(step_kind::look).why);
  EXPECT_EQ(at.sh("find app state -newer stamp"), "");
}

// --- what travels
// ---------------------------------------------------------------------------------

TEST_P(git_release, a_bundle_brings_the_commit_to_a_host_that_cannot_reach_the_remote) {
  at.the_stack().source = source_kind::push;
  publish("v1");
  at.deploy();
  at.settle(true);
  EXPECT_EQ(version(), "v1\n");
  const auto v2 = publish("v2");
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  ASSERT_FALSE(at.run(step_kind::inspect).why);
  EXPECT_EQ((at.facts.at({step_kind::inspect, 2}).at("have_commit")),
            at.git({"rev-parse", "HEAD"}, at.checkout));
  fs::rename(at.origin, at.root / "hidden"); // the host has no way there
  for (const auto kind : {step_kind::baseline, step_kind::prepare, step_kind::activate})
    ASSERT_FALSE(at.run(kind).why) << at.last_log;
  fs::rename(at.root / "hidden", at.origin);
  EXPECT_EQ(version(), "v2\n");
  EXPECT_EQ(at.git({"rev-parse", "HEAD"}, at.checkout), v2);
  // Again the same: nothing new to send.
  at.deploy();
}

TEST_P(git_release, a_persons_branch_is_not_moved) {
  publish("v1");
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.git({"commit", "-q", "--allow-empty", "-m", "made on the host"}, at.checkout);
  const auto own = at.git({"rev-parse", "HEAD"}, at.checkout);
  publish("v2");
  at.deploy();
  EXPECT_EQ(version(), "v2\n");
  EXPECT_EQ(at.git({"rev-parse", "main"}, at.checkout), own);
}

TEST_P(git_release, weird_names_in_a_repository_are_only_names) {
  publish("v1", {{"$(touch pwned)", "x"}, {"-rf", "x"}, {"a\nb\\c\"d", "x"}, {"\xff\xfe", "x"}});
  at.deploy();
  at.settle(true);
  publish("v2", {{"-new $(touch pwned)", "x"}, {"\xc3\xa9\ttab", "x"}});
  at.deploy();
  EXPECT_EQ(version(), "v2\n");
  EXPECT_TRUE(fs::exists(at.checkout / "\xff\xfe"));
  EXPECT_TRUE(fs::exists(at.checkout / "a\nb\\c\"d"));
  EXPECT_EQ(at.sh("find . .. -name pwned"), "");
}

TEST_P(git_release, weird_paths_and_variables_are_only_words) {
  auto& stack = at.the_stack();
  stack.path = "~/it's $(touch pwned) \"here\"\\";
  stack.vars = {{"GREETING", "a 'b' $(touch pwned)\n`id` \\"}, {"not a name; touch pwned", "x"}};
  auto& engine = std::get<command_engine>(stack.engine);
  engine.start.argv = {"sh", "-c", "printf '%s' \"$GREETING$1\" >\"$HOME/started\"", "sh",
                       "; touch pwned '"};
  publish("v1");
  at.deploy();
  EXPECT_EQ(at.read(at.home / "started"), "a 'b' $(touch pwned)\n`id` \\; touch pwned '");
  EXPECT_TRUE(fs::exists(at.home / "it's $(touch pwned) \"here\"\\" / "VERSION"));
  EXPECT_THAT(at.run(step_kind::look).view->releases, testing::ElementsAre(at.plan.release));
  EXPECT_EQ(at.sh("find . -name pwned"), "");
}

TEST_P(git_release, the_users_umask_is_his_and_ours_is_private) {
  publish("v1");
  at.deploy();
  EXPECT_EQ(at.read(at.home / "umask"), "0022\n");
  EXPECT_NE(fs::status(at.checkout / "VERSION").permissions() & fs::perms::others_read,
            fs::perms::none);
  EXPECT_EQ(fs::status(at.state / "stacks").permissions() & fs::perms::group_all, fs::perms::none);
}

TEST_P(git_release, activate_again_after_a_failure_goes_on) {
  publish("v1");
  at.deploy();
  at.settle(true);
  publish("v2");
  at.deploy();
  at.write(at.checkout / "VERSION", "half\n"); // as an attempt that died may leave it
  const auto again = at.run(step_kind::activate);
  ASSERT_FALSE(again.why) << describe(*again.why);
  EXPECT_EQ(version(), "v2\n");
}

TEST_P(git_release, submodules_come_along) {
  const auto part = at.root / "part";
  at.sh("git init -q -b main ../part && cd ../part && echo 1 >f && git add f && git commit -qm x");
  publish("v1");
  at.git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part.string(), "sub"});
  at.git({"commit", "-q", "-m", "sub"});
  at.env["GIT_CONFIG_COUNT"] = "2";
  at.env["GIT_CONFIG_KEY_1"] = "protocol.file.allow";
  at.env["GIT_CONFIG_VALUE_1"] = "always";
  at.deploy();
  EXPECT_EQ(at.read(at.checkout / "sub" / "f"), "1\n");
  at.settle(true);
  EXPECT_FALSE(at.run(step_kind::inspect).why);
}

} // namespace
} // namespace baton::test
