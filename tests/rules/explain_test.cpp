#include "rules/explain.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : "+") + name;
  return text.empty() ? "-" : text;
}

std::vector<std::string> table(const plan& of) {
  std::vector<std::string> rows;
  for (const auto& one : explain(of))
    rows.push_back(one.phase + " " + one.how + ": back " + join(one.rolled_back) + ", new "
                   + join(one.keeps_new) + ", " + std::string{to_string(one.ends)} + ", "
                   + std::string{to_string(one.alert)} + ", " + std::string{to_string(one.then)}
                   + ", " + std::to_string(one.exit_code));
  return rows;
}

TEST(explain, tells_what_each_failure_of_the_default_fleet_means) {
  EXPECT_THAT(
      table(plan_for(homelab())),
      ElementsAre(
          "pre_flight fails: back -, new -, aborted, warning, stop, 1",
          "secrets_sync fails: back -, new -, aborted, warning, stop, 1",
          "snapshots fails: back -, new -, aborted, warning, stop, 1",
          "thinkpad fails: back thinkpad, new -, failed, warning, stop, 1",
          "thinkpad is found ill before tests: back thinkpad, new -, failed, warning, stop, 1",
          "tests fails: back thinkpad, new -, failed, warning, stop, 1",
          "thinkpad is found ill before rtx1080: back thinkpad, new -, failed, warning, stop, 1",
          "rtx1080 fails: back thinkpad+rtx1080, new -, rolled_back, critical, stop, 1",
          "thinkpad is found ill before vps: back thinkpad+rtx1080, new -, rolled_back, critical, "
          "stop, 1",
          "rtx1080 is found ill before vps: back thinkpad+rtx1080, new -, rolled_back, critical, "
          "stop, 1",
          "vps fails: back vps, new thinkpad+rtx1080, partial_success, critical, go_on, 4",
          "verification fails: back thinkpad+rtx1080+vps, new -, rolled_back, critical, stop, 1"));
}

TEST(explain, names_the_hosts_whose_secrets_go_back) {
  const auto rows = explain(plan_for(homelab()));
  EXPECT_THAT(rows[0].put_back, IsEmpty());
  EXPECT_THAT(rows[1].put_back, ElementsAre("thinkpad", "rtx1080", "vps"));
  EXPECT_THAT(rows[3].put_back, ElementsAre("rtx1080", "vps"));
}

TEST(explain, leaves_out_what_is_not_in_the_run_and_names_hosts_of_no_stage_last) {
  request asked;
  asked.environment = "staging";
  const auto of = plan_for(homelab(), asked);
  const auto rows = explain(of);
  EXPECT_THAT(table(of),
              ElementsAre("pre_flight fails: back -, new -, aborted, warning, stop, 1",
                          "secrets_sync fails: back -, new -, aborted, warning, stop, 1",
                          "thinkpad fails: back thinkpad, new -, failed, warning, stop, 1",
                          "thinkpad is found ill before tests: back thinkpad, new -, failed, "
                          "warning, stop, 1",
                          "tests fails: back thinkpad, new -, failed, warning, stop, 1",
                          "verification fails: back thinkpad, new -, rolled_back, critical, stop, "
                          "1"));
  EXPECT_THAT(rows[1].put_back, ElementsAre("thinkpad", "rtx1080", "vps"));
}

TEST(explain, names_a_host_once_of_which_several_stacks_go_back) {
  auto of = bare_fleet({make_stage("a", role::production, {"x", "y"})});
  of.stages[0].stacks.push_back(of.stages[0].stacks[0]);
  of.stages[0].stacks.back().name = "web";
  EXPECT_EQ(table(plan_for(of))[1], "a fails: back x+y, new -, rolled_back, critical, stop, 1");
}

TEST(explain, follows_the_request) {
  const auto rows = table(plan_for(homelab(), no_rollback()));
  EXPECT_EQ(rows[7], "rtx1080 fails: back -, new thinkpad+rtx1080, failed, critical, stop, 2");
}

TEST(explain, knows_snapshots_and_stages_that_are_only_reported) {
  auto of = homelab();
  of.stages[1].rollback_with = rollback_method::snapshot;
  of.stages[0].verify = verify_mode::report;
  of.verification.checks.clear();
  const auto rows = table(plan_for(of));
  EXPECT_THAT(rows, testing::Contains("rtx1080 fails: back thinkpad+rtx1080, new -, rolled_back, "
                                      "critical, stop, 1"));
  EXPECT_THAT(rows, testing::Not(testing::Contains(testing::HasSubstr("thinkpad is found ill"))));
}

} // namespace

} // namespace baton::test
