#include "rules/questions.hpp"
#include "tests/rules/support/fleets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

health_check http(const std::string& on, const std::string& url = "http://${host}/") {
  health_check made;
  made.url = url;
  made.on = on;
  return made;
}

/// Two machines in a stage, and one that only asks.
fleet web() {
  auto made = bare_fleet({make_stage("web", role::production, {"web-1", "web-2"})});
  made.hosts.push_back(make_host("probe"));
  made.hosts[0].reach.address = "192.0.2.1";
  made.hosts[1].check_address = "2001:db8::2";
  return made;
}

unit_view serves(const std::string& release) {
  unit_view made;
  made.seen = true;
  if (!release.empty())
    made.releases = {release};
  return made;
}

/// `TARGET ADDRESS` of each.
std::vector<std::string> asked(const std::vector<check_question>& questions) {
  std::vector<std::string> made;
  for (const auto& one : questions)
    made.push_back(one.target + " " + one.address);
  return made;
}

check_answer answer(bool ok, bool was_asked = true) {
  return {"", "http http://a/ from probe", ok, ok ? "" : "503", was_asked};
}

} // namespace

TEST(a_stack, is_asked_about_from_elsewhere_where_its_checks_say_so) {
  stack its;
  its.health.checks = {http("host"), http(""), http("controller"), http("probe"), http("web-1")};
  its.health.checks.push_back(http("probe"));
  its.health.checks.back().kind = check_kind::compose; // that is for the look itself
  EXPECT_THAT(asked(questions_about(web(), "web-1", its, serves("new"))),
              ElementsAre("controller 192.0.2.1", "probe 192.0.2.1"));
  EXPECT_THAT(asked(questions_about(web(), "web-2", its, serves("new"))),
              ElementsAre("controller 2001:db8::2", "probe 2001:db8::2", "web-1 2001:db8::2"));
}

TEST(a_stack, is_asked_about_by_the_name_of_its_host_where_no_address_is_known) {
  stack its;
  its.health.checks = {http("controller")};
  EXPECT_THAT(asked(questions_about(web(), "elsewhere", its, serves("new"))),
              ElementsAre("controller elsewhere"));
}

TEST(a_stack, is_asked_about_while_several_releases_run) {
  stack its;
  its.health.checks = {http("probe")};
  auto both = serves("baseline");
  both.baseline = "baseline";
  both.releases.emplace_back("new");
  EXPECT_EQ(questions_about(web(), "web-1", its, both).size(), 1U);
}

TEST(a_stack, is_not_asked_about_where_nothing_runs_or_nobody_knows_how_well_it_was) {
  stack its;
  its.health.checks = {http("probe")};
  EXPECT_THAT(questions_about(web(), "web-1", its, serves("")), IsEmpty());
  EXPECT_THAT(questions_about(web(), "web-1", its, unit_view{}), IsEmpty());
  auto before = serves("baseline");
  before.baseline = "baseline";
  EXPECT_THAT(questions_about(web(), "web-1", its, before), IsEmpty());
  before.releases = {"r1"};
  EXPECT_EQ(questions_about(web(), "web-1", its, before).size(), 1U);
}

TEST(verification, asks_about_each_host_that_is_meant) {
  auto of = web();
  of.verification.checks = {http("probe"), http("host", "http://localhost/"),
                            http("controller", "https://example.org/")};
  of.verification.checks[2].of = "web";
  const auto questions = questions_of_verification(plan_for(of));
  EXPECT_THAT(asked(questions),
              ElementsAre("probe 192.0.2.1", "probe 2001:db8::2", "web-1 192.0.2.1",
                          "web-2 2001:db8::2", "controller 192.0.2.1"));
  for (const auto& one : questions)
    EXPECT_EQ(one.stage, "web");
}

TEST(verification, asks_about_stages_that_are_not_in_this_environment) {
  auto of = homelab();
  request staging;
  staging.environment = "staging";
  const auto questions = questions_of_verification(plan_for(of, staging));
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].stage, "vps");
  of.verification.checks[0].of.clear();
  EXPECT_EQ(questions_of_verification(plan_for(of, staging))[0].stage, "thinkpad");
}

TEST(verification, asks_nothing_about_a_stage_that_nobody_knows) {
  auto of = web();
  of.verification.checks = {http("probe")};
  of.verification.checks[0].of = "moon";
  EXPECT_THAT(questions_of_verification(plan_for(of)), IsEmpty());
}

TEST(answers, add_to_what_was_seen) {
  auto view = serves("new");
  EXPECT_FALSE(add_answers(view, {answer(true)}));
  EXPECT_EQ(view.healthy, true);
  EXPECT_FALSE(add_answers(view, {answer(true), answer(false)}));
  EXPECT_EQ(view.healthy, false);
  EXPECT_THAT(view.ill, ElementsAre("http http://a/ from probe: 503"));
  EXPECT_FALSE(add_answers(view, {answer(true)}));
  EXPECT_EQ(view.healthy, false);
}

TEST(answers, that_nobody_could_give_leave_it_open) {
  auto view = serves("new");
  view.healthy = true;
  EXPECT_TRUE(add_answers(view, {answer(true), answer(false, false)}));
  EXPECT_EQ(view.healthy, std::nullopt);
  EXPECT_THAT(view.ill, ElementsAre("http http://a/ from probe could not be asked: 503"));
  EXPECT_TRUE(add_answers(view, {answer(false, false), answer(true), answer(false, false)}));
  EXPECT_EQ(view.healthy, std::nullopt);
  // Unless something else is known to be wrong.
  EXPECT_FALSE(add_answers(view, {answer(false), answer(false, false)}));
  EXPECT_EQ(view.healthy, false);
  auto gave_up = serves("new");
  gave_up.healthy = true;
  gave_up.hopeless = true;
  EXPECT_FALSE(add_answers(gave_up, {answer(false, false)}));
}

} // namespace baton::test
