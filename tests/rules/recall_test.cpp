#include "rules/recall.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// A rollback that somebody asks for.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

kept_release kept(const std::string& run, const std::string& commit, const std::string& at) {
  return {"r" + run, commit, run, at};
}

/// Two hosts: the second was retried once, and has forgotten the oldest.
std::vector<kept_stack> two_hosts() {
  kept_stack a{"a", "app", "rrun3", {}, ""};
  a.good = {kept("run3", "cccc1", "3"), kept("run2", "bbbb1", "2"), kept("run1", "aaaa1", "1")};
  kept_stack b{"b", "app", "rrun3", {}, ""};
  b.good = {kept("run3", "cccc1", "3"), kept("run2b", "bbbb1", "2b")};
  return {a, b};
}

TEST(what_can_be_gone_back_to, is_listed_newest_first_by_its_commit) {
  const auto all = recall_choices(two_hosts());
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].run, "run3");
  EXPECT_TRUE(all[0].serves);
  EXPECT_EQ(all[1].run, "run2b") << "the retry is the newer half of it";
  EXPECT_FALSE(all[1].serves);
  EXPECT_THAT(all[1].lacking, IsEmpty());
  EXPECT_EQ(all[2].commit, "aaaa1");
  EXPECT_THAT(all[2].lacking, ElementsAre("b"));
  EXPECT_FALSE(all[2].serves);
  EXPECT_THAT(recall_choices({}), IsEmpty());
}

TEST(what_can_be_gone_back_to, is_one_choice_where_a_run_has_brought_several_repositories) {
  kept_stack web{"a/web", "web", "", {kept("run1", "w1", "1")}, ""};
  kept_stack api{"a/api", "api", "", {kept("run1", "p1", "1")}, ""};
  const auto all = recall_choices({web, api});
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(all[0].lacking, IsEmpty());
  const auto to = recall_to({web, api}, "run1");
  ASSERT_TRUE(to);
  EXPECT_THAT(to->commits, ElementsAre(Pair("api", "p1"), Pair("web", "w1")));
}

TEST(a_rollback, goes_to_a_run_or_a_commit_by_how_it_begins) {
  for (const auto* to : {"run2", "run2b", "bbbb", "bbbb1"}) {
    const auto made = recall_to(two_hosts(), to);
    ASSERT_TRUE(made) << to << made.error().what;
    EXPECT_EQ(made->returns_to, "run2b");
    EXPECT_THAT(made->recalls, ElementsAre(Pair("a", "rrun2"), Pair("b", "rrun2b"))) << to;
    EXPECT_THAT(made->commits, ElementsAre(Pair("app", "bbbb1")));
  }
}

TEST(a_rollback, is_refused_where_it_is_not_clear_what_is_meant) {
  const auto made = recall_to(two_hosts(), "run");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ec::usage);
  EXPECT_THAT(made.error().what, HasSubstr("may be run run3 or run2b: write more of it"));
}

TEST(a_rollback, names_what_each_stack_keeps_where_one_lacks_it) {
  const auto lacks = recall_to(two_hosts(), "run1");
  ASSERT_FALSE(lacks);
  EXPECT_EQ(lacks.error().code, ec::bad_commit);
  EXPECT_THAT(lacks.error().what,
              HasSubstr("b keeps cccc1 (run run3), bbbb1 (run run2b); name the stages"));
  auto hosts = two_hosts();
  hosts[1] = {"b", "app", "", {}, "no route"};
  const auto unseen = recall_to(hosts, "run3");
  ASSERT_FALSE(unseen);
  EXPECT_THAT(unseen.error().what, HasSubstr("b cannot be asked: no route"));
  const auto unknown = recall_to(two_hosts(), "dddd");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().what, HasSubstr("no good release of `dddd` is kept; a keeps"));
  // Too short for a commit.
  const auto none = recall_to({{"c", "app", "", {}, ""}}, "bbb");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().what, "no good release of `bbb` is kept; c keeps no good release");
  EXPECT_FALSE(recall_to(two_hosts(), "bbb"));
}

plan rollback_plan(const fleet& of, std::set<std::string> stages = {}) {
  plan_origin origin;
  origin.returns_to = "run0";
  origin.stages = std::move(stages);
  for (const auto& host : of.hosts)
    origin.recalls[host.reach.name] = "r0";
  return make_plan(of, {}, {"run", "release"}, {}, "", origin).value();
}

TEST(a_rollback, is_a_run_without_ref_secrets_and_tests) {
  const auto of = rollback_plan(homelab());
  EXPECT_EQ(of.phases.front().steps.front().kind, step_kind::lease);
  const auto show = play(of);
  EXPECT_EQ(show.row(), "success · verification · thinkpad rtx1080 vps · n n n · 0");
  EXPECT_EQ(show.details("secrets_sync").skipped, "rollback");
  EXPECT_EQ(show.details("tests").skipped, "rollback");
  EXPECT_EQ(show.ends.returns_to, "run0");
  EXPECT_EQ(show.ends.commit, "main") << "what was asked for: nothing was resolved";
}

TEST(a_rollback, fails_by_the_same_rules) {
  const auto show = play(rollback_plan(homelab()), {{rtx_fails}});
  EXPECT_EQ(show.row(), "rolled_back · rtx1080 · none · o o o · 1");
}

TEST(a_rollback, of_some_stages_leaves_the_others_out) {
  const auto of = rollback_plan(without_secrets(), {"vps"});
  EXPECT_THAT(of.hosts, ElementsAre("vps"));
  const auto show = play(of);
  EXPECT_EQ(show.row(), "success · verification · vps · n · 0");
  EXPECT_EQ(show.details("rtx1080").skipped, "stage");
}

TEST(a_rollback, leases_no_host_for_secrets_that_it_does_not_sync) {
  auto of = homelab();
  of.secrets.driver = secrets_driver::script;
  of.secrets.reach = secrets_scope::fleet;
  EXPECT_THAT(rollback_plan(of, {"thinkpad"}).hosts, ElementsAre("thinkpad"));
}

} // namespace

} // namespace baton::test
