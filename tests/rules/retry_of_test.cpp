#include "rules/retry_of.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// After a partial success: the stages that failed, once more.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

retry_of_run retry_after(const played& show) {
  auto made = retry_of(show.of, show.ends);
  EXPECT_TRUE(made) << made.error().what;
  return made.value_or(retry_of_run{});
}

plan retry_plan(const fleet& of, const retry_of_run& what) {
  return make_plan(of, what.request, {"run2", "rrun2"}, {}, "somebody", what.origin).value();
}

const phase& phase_named(const plan& of, const std::string& id) {
  return *std::find_if(of.phases.begin(), of.phases.end(),
                       [&](const phase& one) { return one.id == id; });
}

TEST(a_retry, is_of_the_stages_that_failed_on_the_commit_that_the_others_have) {
  const auto show = play(plan_for(homelab()), {{vps_is_ill}});
  const auto what = retry_after(show);
  EXPECT_EQ(what.origin.retries, show.of.run);
  EXPECT_THAT(what.origin.stages, ElementsAre("vps"));
  EXPECT_EQ(what.request.commit_hash, show.ends.commit);
  EXPECT_EQ(what.request.environment, "production");
  EXPECT_THAT(what.stands,
              ElementsAre(Pair("rtx1080", show.of.release), Pair("thinkpad", show.of.release)));
}

TEST(a_retry, names_the_commit_of_each_repository) {
  auto with = staging{{vps_is_ill}};
  with.retells = [](const event::step_started& step, step_outcome& told) {
    if (step.kind == step_kind::resolve)
      told.facts = {{"commit", "c1"}, {"commit:app", "c1"}, {"commit:web", "c2"}};
  };
  EXPECT_THAT(retry_after(play(plan_for(homelab()), with)).origin.commits,
              ElementsAre(Pair("app", "c1"), Pair("web", "c2")));
}

TEST(a_retry, is_also_of_a_stage_that_was_fine_and_has_lost_its_release) {
  auto show = play(plan_for(homelab()), {{vps_is_ill}});
  show.ends.hosts.at("rtx1080").serves = serves::unknown;
  EXPECT_THAT(retry_after(show).origin.stages, ElementsAre("rtx1080", "vps"));
}

TEST(a_retry, touches_no_other_stage_and_tests_nothing_anew) {
  const auto what = retry_after(play(plan_for(without_secrets()), {{vps_is_ill}}));
  const auto again = retry_plan(without_secrets(), what);
  EXPECT_EQ(again.retries, what.origin.retries);
  EXPECT_THAT(again.hosts, ElementsAre("vps"));
  EXPECT_EQ(phase_named(again, "thinkpad").skipped, "retry");
  EXPECT_EQ(phase_named(again, "tests").skipped, "retry");
  const auto show = play(again);
  EXPECT_EQ(show.row(), "success · verification · vps · n · 0");
  EXPECT_EQ(show.ends.retries, what.origin.retries);
  EXPECT_THAT(show.ends.returns_to, IsEmpty());
}

TEST(a_retry, that_fails_again_is_the_same_partial_success) {
  const auto first = play(plan_for(homelab()), {{vps_is_ill}});
  const auto again = play(retry_plan(homelab(), retry_after(first)), {{vps_is_ill}});
  EXPECT_EQ(again.row(), "partial_success · vps · none · o · 4");
  EXPECT_THAT(retry_after(again).origin.stages, ElementsAre("vps"));
  EXPECT_THAT(retry_after(again).stands, IsEmpty());
}

TEST(a_retry, is_also_of_a_stage_that_failed_and_was_left_as_it_is) {
  const auto show = play(plan_for(homelab(), no_rollback()), {{vps_is_ill}});
  ASSERT_EQ(show.ends.hosts.at("vps").serves, serves::new_release);
  EXPECT_THAT(retry_after(show).origin.stages, ElementsAre("vps"));
}

TEST(a_retry, is_refused_where_nothing_is_partly_done) {
  const auto good = play(plan_for(homelab()));
  const auto why = retry_of(good.of, good.ends);
  ASSERT_FALSE(why);
  EXPECT_THAT(why.error().what, HasSubstr("ended success: only a partial success"));
  const auto open = retry_of(good.of, {});
  ASSERT_FALSE(open);
  EXPECT_THAT(open.error().what, HasSubstr("baton resume run"));
}

TEST(a_retry, of_a_result_that_lacks_what_it_should_have_is_of_everything) {
  result odd;
  odd.status = status::partial_success;
  const auto what = retry_of(plan_for(homelab()), odd);
  ASSERT_TRUE(what);
  EXPECT_THAT(what->origin.stages, ElementsAre("rtx1080", "thinkpad", "vps"));
  EXPECT_THAT(what->origin.commits, IsEmpty());
  // A stage that went well, but of which no host is spoken.
  odd.details.emplace_back("vps", phase_details{});
  odd.details.back().second.outcome = phase_outcome::ok;
  EXPECT_TRUE(retry_of(plan_for(homelab()), odd)->origin.stages.contains("vps"));
}

TEST(a_retry, stands_on_hosts_that_serve_what_the_run_has_left_there) {
  host_verdict seen{serves::old_release, true, "0123456789abcdef", "r1", {}};
  EXPECT_EQ(why_changed("a", "r1", seen), "");
  EXPECT_EQ(why_changed("a", "r2", seen), "a serves 0123456789ab by now");
  seen.healthy = false;
  EXPECT_EQ(why_changed("a", "r1", seen), "a is not healthy");
  seen = {serves::mixed, true, "0123456789abcdef", "r1", {}};
  EXPECT_EQ(why_changed("a", "r1", seen), "a serves 0123456789ab by now");
  EXPECT_EQ(why_changed("a", "r1", {serves::none, {}, "", "", {}}), "a serves nothing");
  EXPECT_EQ(why_changed("a", "r1", {}), "a cannot be asked what it serves");
}

TEST(a_plan_of_some_stages, refuses_one_that_is_not_in_its_environment) {
  plan_origin origin;
  origin.stages = {"vps"};
  request asked;
  asked.environment = "staging";
  const auto made = make_plan(homelab(), asked, {"run", "release"}, {}, "", origin);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, "environment `staging` has no stage `vps`");
}

} // namespace

} // namespace baton::test
