#include "git_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// What a ref stands for.

namespace baton::test {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

INSTANTIATE_TEST_SUITE_P(shells, git_release, testing::Values("dash", "busybox"),
                         [](const auto& one) { return std::string{one.param}; });

TEST_P(git_release, a_branch_a_tag_and_a_commit_are_resolved_to_the_commit) {
  const auto v1 = publish("v1");
  at.git({"tag", "-a", "-m", "peel me", "v1"});
  at.git({"branch", "feature/one"});
  const auto v2 = publish("v2");
  EXPECT_EQ(resolve("main").facts.at("commit"), v2);
  EXPECT_EQ(resolve("HEAD").facts.at("commit"), v2);
  EXPECT_EQ(resolve("v1").facts.at("commit"), v1);
  EXPECT_EQ(resolve("refs/tags/v1").facts.at("commit"), v1);
  EXPECT_EQ(resolve("feature/one").facts.at("commit"), v1);
  EXPECT_EQ(resolve(v1).facts.at("commit"), v1);
  EXPECT_EQ(resolve(v1.substr(0, 7)).facts.at("commit"), v1);
}

TEST_P(git_release, a_branch_that_moves_is_seen_and_so_is_a_tag) {
  publish("v1");
  at.git({"tag", "stable"});
  resolve("main");
  at.git({"commit", "-q", "--amend", "-m", "rewritten"});
  at.git({"tag", "-f", "stable"});
  const auto now = at.git({"rev-parse", "HEAD"});
  EXPECT_EQ(resolve("main").facts.at("commit"), now);
  EXPECT_EQ(resolve("stable").facts.at("commit"), now);
}

TEST_P(git_release, a_commit_that_no_branch_has_any_more_is_found_by_its_id) {
  publish("v1");
  const auto gone = publish("v2");
  at.git({"reset", "-q", "--hard", "HEAD~1"});
  EXPECT_EQ(resolve(gone).facts.at("commit"), gone);
}

TEST_P(git_release, a_ref_that_does_not_exist_is_named_with_near_ones) {
  publish("v1");
  at.git({"branch", "feature-login"});
  const auto wrong = resolve("feature-logn");
  ASSERT_TRUE(wrong.why);
  EXPECT_EQ(wrong.why->code, ec::bad_commit);
  EXPECT_FALSE(wrong.why->retryable);
  EXPECT_THAT(wrong.why->what, HasSubstr("did you mean `feature-login`?"));
  EXPECT_EQ(wrong.why->target, controller_name);
  EXPECT_EQ(resolve("0123456789012345678901234567890123456789").why->code, ec::bad_commit);
  EXPECT_EQ(resolve("abcd123").why->code, ec::bad_commit);
}

TEST_P(git_release, a_name_that_is_a_branch_and_a_tag_must_be_said_in_full) {
  publish("v1");
  at.git({"tag", "both"});
  publish("v2");
  at.git({"branch", "both"});
  const auto twice = resolve("both");
  ASSERT_TRUE(twice.why);
  EXPECT_EQ(twice.why->code, ec::bad_commit);
  EXPECT_THAT(twice.why->what, HasSubstr("refs/heads/both or refs/tags/both"));
}

TEST_P(git_release, a_ref_with_shell_characters_is_refused_before_git_runs) {
  for (const auto* ref : {"-x", "--upload-pack=touch /tmp/x", "a b", "$(id)", "a;b", "a`b`", "x^{}",
                          "a..b", "a\nb", "", "@", "main@{1}", "a.lock", "*"}) {
    const auto refused = resolve(ref);
    ASSERT_TRUE(refused.why) << ref;
    EXPECT_EQ(refused.why->code, ec::bad_commit) << ref;
  }
  EXPECT_FALSE(fs::exists(at.root / "cache"));
}

TEST_P(git_release, a_remote_that_cannot_be_reached_may_come_back) {
  at.the_stack().repository = (at.root / "nowhere").string();
  auto away = resolve("main");
  ASSERT_TRUE(away.why);
  EXPECT_EQ(away.why->code, ec::remote_git);
  EXPECT_FALSE(away.why->retryable) << describe(*away.why);
  at.the_stack().repository = "http://127.0.0.1:9/x.git";
  away = resolve("main");
  ASSERT_TRUE(away.why);
  EXPECT_EQ(away.why->code, ec::remote_git);
  EXPECT_TRUE(away.why->retryable) << describe(*away.why);
}

TEST_P(git_release, each_repository_has_its_own_commit) {
  publish("v1");
  const auto other = at.root / "other";
  at.git({"clone", "-q", at.origin.string(), other.string()}, at.root);
  at.git({"commit", "-q", "--allow-empty", "-m", "own"}, other);
  auto second = at.the_stack();
  second.name = "second";
  second.repository = other.string();
  at.plan.stages[0].stacks.push_back(second);
  const auto found = resolve("main");
  ASSERT_FALSE(found.why) << describe(*found.why);
  EXPECT_EQ(found.facts.at("commit"), at.git({"rev-parse", "HEAD"}));
  EXPECT_EQ(found.facts.at("commit:web"), at.git({"rev-parse", "HEAD"}));
  EXPECT_EQ(found.facts.at("commit:second"), at.git({"rev-parse", "HEAD"}, other));
}

} // namespace
} // namespace baton::test
