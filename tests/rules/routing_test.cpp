#include "rules/routing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

event_t finished(std::optional<status> how, int exit_code = 1) {
  auto made = std::make_shared<result>();
  made->status = how;
  made->exit_code = exit_code;
  return event::run_finished{std::move(made)};
}

event_t ended(phase_outcome how) {
  return event::phase_ended{"tests", how};
}

TEST(how_loud_an_event_is, follows_from_what_happened) {
  EXPECT_EQ(severity_of(event::run_requested{}), severity::info);
  EXPECT_EQ(severity_of(ended(phase_outcome::ok)), severity::info);
  EXPECT_EQ(severity_of(ended(phase_outcome::failed)), severity::warning);
  EXPECT_EQ(severity_of(ended(phase_outcome::cancelled)), severity::warning);
  EXPECT_EQ(severity_of(ended(phase_outcome::skipped)), severity::none);
  EXPECT_EQ(severity_of(event::rollback_started{"vps", scope::self, {}}), severity::warning);
  EXPECT_EQ(severity_of(event::cancel_requested{"SIGINT"}), severity::warning);
  EXPECT_EQ(severity_of(event::alert_raised{severity::info, "vps", "", ""}), severity::info);
  EXPECT_EQ(severity_of(event::channel_stopped{}), severity::critical);
  EXPECT_EQ(severity_of(event::retry_due{}), severity::none) << "nobody is told";
}

TEST(how_loud_the_end_of_a_run_is, follows_from_its_status_and_whether_somebody_is_needed) {
  EXPECT_EQ(severity_of(finished(std::nullopt, 75)), severity::none);
  EXPECT_EQ(severity_of(finished(status::success, 0)), severity::info);
  EXPECT_EQ(severity_of(finished(status::partial_success, 4)), severity::critical);
  EXPECT_EQ(severity_of(finished(status::rolled_back)), severity::critical);
  EXPECT_EQ(severity_of(finished(status::failed)), severity::warning);
  EXPECT_EQ(severity_of(finished(status::aborted)), severity::warning);
  EXPECT_EQ(severity_of(finished(status::failed, 2)), severity::critical);
}

TEST(a_run_that_was_cancelled, is_loud_and_remembered_only_where_something_is_left_to_do) {
  const auto cancelled = [](status how, int exit_code, bool before = true) {
    auto made = std::make_shared<result>();
    made->status = how;
    made->exit_code = exit_code;
    made->cancelled = true;
    made->why = error{before ? ec::cancelled : ec::unhealthy, "", "", "", false, nullptr, {}};
    return made;
  };
  const auto loud = [](std::shared_ptr<const result> how) {
    return severity_of(event::run_finished{std::move(how)});
  };
  EXPECT_EQ(loud(cancelled(status::rolled_back, 130)), severity::warning);
  EXPECT_EQ(loud(cancelled(status::rolled_back, 130, false)), severity::critical)
      << "it had failed before";
  EXPECT_EQ(loud(cancelled(status::rolled_back, 2)), severity::critical);
  EXPECT_EQ(loud(cancelled(status::partial_success, 4)), severity::critical);
  EXPECT_FALSE(needs_a_person(*cancelled(status::rolled_back, 130)));
  EXPECT_FALSE(needs_a_person(*cancelled(status::failed, 130)));
  EXPECT_TRUE(needs_a_person(*cancelled(status::rolled_back, 130, false)));
  EXPECT_TRUE(needs_a_person(*cancelled(status::failed, 2)));
  EXPECT_TRUE(needs_a_person(*cancelled(status::partial_success, 4)));
  auto unknown = *cancelled(status::rolled_back, 1);
  unknown.why.reset();
  EXPECT_FALSE(ended_by_cancel(unknown));
}

TEST(a_run_needs_a_person, unless_nothing_that_serves_was_touched) {
  const auto needs = [](std::optional<status> how, int exit_code) {
    return needs_a_person(*std::get<event::run_finished>(finished(how, exit_code)).result);
  };
  EXPECT_FALSE(needs(std::nullopt, 75));
  EXPECT_FALSE(needs(status::success, 0));
  EXPECT_FALSE(needs(status::aborted, 1));
  EXPECT_TRUE(needs(status::aborted, 2));
  EXPECT_TRUE(needs(status::partial_success, 4));
  EXPECT_TRUE(needs(status::rolled_back, 1));
  EXPECT_TRUE(needs(status::failed, 1));
}

class routes : public testing::Test {
protected:
  routes() {
    by.routes = {{{"alert_raised"}, {severity::critical}, {"phone"}, "loud"},
                 {{"alert_raised", "run_finished"},
                  {severity::warning, severity::critical},
                  {"phone", "team"},
                  ""}};
  }
  std::vector<std::string> told(const event_t& what) const {
    std::vector<std::string> names;
    for (const auto& one : recipients(by, what))
      names.push_back(one.channel + ":" + one.text_template);
    return names;
  }
  alert_policy by;
};

TEST_F(routes, tell_a_channel_once_by_the_first_that_fits) {
  EXPECT_THAT(told(event::alert_raised{severity::critical, "vps", "", ""}),
              ElementsAre("phone:loud", "team:"));
  EXPECT_THAT(told(event::alert_raised{severity::warning, "tests", "", ""}),
              ElementsAre("phone:", "team:"));
}

TEST_F(routes, leave_alone_what_they_do_not_name) {
  EXPECT_THAT(told(event::alert_raised{severity::info, "vps", "", ""}), IsEmpty());
  EXPECT_THAT(told(finished(status::success, 0)), IsEmpty());
  EXPECT_THAT(told(event::run_requested{}), IsEmpty());
  EXPECT_THAT(told(finished(status::failed)), ElementsAre("phone:", "team:"));
}

} // namespace
} // namespace baton
