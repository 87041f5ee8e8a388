#include "rules/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* old_commit = "1111111111111111";
constexpr const char* new_commit = "2222222222222222";

host_verdict serving(serves what, const char* commit, std::optional<bool> healthy = true) {
  host_verdict made;
  made.serves = what;
  made.commit = commit;
  made.healthy = healthy;
  return made;
}

class ends : public testing::Test {
protected:
  ends() {
    how.run = "r1";
    how.status = status::rolled_back;
    how.phase = "rtx1080";
    how.commit = new_commit;
    how.exit_code = 1;
    how.host_order = {"thinkpad", "rtx1080", "vps"};
    how.hosts = {{"thinkpad", serving(serves::old_release, old_commit)},
                 {"rtx1080", serving(serves::old_release, old_commit)},
                 {"vps", serving(serves::old_release, old_commit)}};
    how.changed = {"thinkpad", "rtx1080"};
    how.why = error{ec::unhealthy, "it is ill", "rtx1080", "", false, nullptr, {}};
  }
  message told(int nth = 0) const {
    record what;
    what.run = "r1";
    what.at = time_point{std::chrono::seconds{1'700'000'000}};
    what.what = event::run_finished{std::make_shared<result>(how)};
    return message_of(what, {"homelab", "production", "main", "me@here"}, nth);
  }
  result how;
};

TEST_F(ends, rolled_back_running_what_it_ran_before) {
  const auto made = told();
  EXPECT_EQ(made.title,
            "homelab production: rolled back, running 111111111111 on thinkpad, rtx1080");
  EXPECT_EQ(made.severity, severity::critical);
  EXPECT_EQ(made.status, "rolled_back");
  EXPECT_THAT(made.text, HasSubstr("rtx1080: it is ill\n"));
  EXPECT_THAT(made.text, HasSubstr("vps serves old 111111111111, healthy\n"));
  EXPECT_THAT(made.text, HasSubstr("baton ack r1 ends the reminders"));
  EXPECT_EQ(made.next, "baton show r1");
  ASSERT_EQ(made.hosts.size(), 3u);
  EXPECT_EQ(made.hosts[0].host, "thinkpad");
  EXPECT_EQ(told(2).title, "reminder 2 of 2023-11-14 22:13 UTC: homelab production: rolled back, "
                           "running 111111111111 on thinkpad, rtx1080")
      << "it may be otherwise by now";
}

TEST_F(ends, say_of_which_hosts_they_speak_unless_it_is_all) {
  how.changed = how.host_order;
  EXPECT_EQ(verdict_words(how), "rolled back, running 111111111111");
  for (int i = 0; i < 10; ++i) {
    how.host_order.push_back("h" + std::to_string(i));
    how.hosts[how.host_order.back()] = serving(serves::old_release, old_commit);
  }
  how.changed = how.host_order;
  how.changed.erase(how.changed.begin());
  EXPECT_EQ(verdict_words(how),
            "rolled back, running 111111111111 on rtx1080, vps, h0, h1, h2, h3 and 6 more");
}

TEST_F(ends, that_somebody_wanted_say_so) {
  how.cancelled = true;
  how.cancelled_by = "SIGINT";
  EXPECT_THAT(verdict_words(how), testing::StartsWith("rolled back, running"));
  EXPECT_THAT(verdict_words(how), testing::EndsWith("; then cancelled by SIGINT"))
      << "it had failed before";
  how.why = error{ec::cancelled, "cancelled by SIGINT", "", "", false, nullptr, {}};
  EXPECT_EQ(verdict_words(how), "cancelled by SIGINT in rtx1080, rolled back, running "
                                "111111111111 on thinkpad, rtx1080");
  EXPECT_EQ(told().severity, severity::warning) << "it went as it was wanted";
  EXPECT_THAT(told().text, Not(HasSubstr("baton ack")));
  how.status = status::failed;
  EXPECT_EQ(verdict_words(how), "cancelled by SIGINT in rtx1080, rolled back, running "
                                "111111111111 on thinkpad, rtx1080");
  how.status = status::partial_success;
  how.phase = "vps";
  how.systems_deployed = {"thinkpad"};
  EXPECT_EQ(verdict_words(how), "VPS was cancelled by SIGINT, manual intervention required; "
                                "222222222222 runs on thinkpad");
  EXPECT_EQ(told().severity, severity::critical) << "two releases are live";
  how.systems_deployed.clear();
  how.changed.clear();
  how.status = status::rolled_back;
  EXPECT_EQ(verdict_words(how), "cancelled by SIGINT in vps, nothing was changed");
  how.status = status::failed;
  EXPECT_EQ(verdict_words(how), "cancelled by SIGINT in vps, nothing was changed");
  how.status = status::aborted;
  EXPECT_EQ(verdict_words(how), "aborted in vps, cancelled by SIGINT");
}

TEST_F(ends, that_differ_are_told_host_by_host) {
  how.hosts["rtx1080"] = serving(serves::unknown, "", std::nullopt);
  how.host_order.push_back("of another time");
  EXPECT_THAT(verdict_words(how), "rolled back, running thinkpad 111111111111, rtx1080 unknown");
  how.hosts["rtx1080"].serves = serves::none;
  EXPECT_THAT(verdict_words(how), HasSubstr("rtx1080 nothing"));
  how.hosts["rtx1080"].serves = serves::mixed;
  EXPECT_THAT(verdict_words(how), HasSubstr("rtx1080 mixed"));
  how.hosts["rtx1080"] = serving(serves::old_release, "", false);
  EXPECT_THAT(verdict_words(how), HasSubstr("rtx1080 unknown"));
  EXPECT_THAT(told().text, HasSubstr("rtx1080 serves old, not healthy\n"));
  how.hosts["rtx1080"].healthy.reset();
  EXPECT_THAT(told().text, HasSubstr("rtx1080 serves old\n"));
}

TEST_F(ends, with_a_stage_that_failed_alone_need_a_person) {
  how.status = status::partial_success;
  how.phase = "vps";
  how.systems_deployed = {"thinkpad", "rtx1080"};
  EXPECT_EQ(verdict_words(how), "VPS failed, manual intervention required; 222222222222 runs on "
                                "thinkpad, rtx1080");
  how.rollback_failed = {"vps"};
  how.exit_code = 2;
  EXPECT_EQ(verdict_words(how), "VPS failed, VPS could not be brought back, manual intervention "
                                "required; 222222222222 runs on thinkpad, rtx1080");
}

TEST_F(ends, are_told_with_the_name_of_the_stage_in_capitals) {
  how.status = status::partial_success;
  how.phase = "vps_2~b";
  EXPECT_THAT(verdict_words(how), testing::StartsWith("VPS_2~B failed"));
}

TEST_F(ends, well_are_told_in_one_line) {
  how.status = status::success;
  how.systems_deployed = {"thinkpad"};
  how.why.reset();
  EXPECT_EQ(verdict_words(how), "deployed 222222222222 to thinkpad");
  EXPECT_THAT(told().text, Not(HasSubstr("ack")));
  EXPECT_EQ(told().error, "");
}

TEST_F(ends, that_failed_say_what_became_of_the_hosts) {
  how.status = status::failed;
  how.phase = "thinkpad";
  how.changed = {"thinkpad"};
  EXPECT_EQ(verdict_words(how),
            "failed in thinkpad, rolled back, running 111111111111 on thinkpad");
  how.systems_deployed = {"thinkpad"};
  how.hosts["thinkpad"] = serving(serves::new_release, new_commit);
  EXPECT_EQ(verdict_words(how), "failed in thinkpad, running 222222222222 on thinkpad");
  how.changed.clear();
  EXPECT_EQ(verdict_words(how), "failed in thinkpad, nothing was changed");
  how.status = status::rolled_back;
  EXPECT_EQ(verdict_words(how), "failed in thinkpad, nothing was changed");
}

TEST_F(ends, with_a_host_that_could_not_be_brought_back_name_it) {
  how.status = status::failed;
  how.rollback_failed = {"rtx1080", "vps"};
  EXPECT_THAT(verdict_words(how),
              HasSubstr("; RTX1080, VPS could not be brought back, manual intervention required"));
  how.rollback_failed.clear();
  how.exit_code = 2;
  EXPECT_THAT(verdict_words(how), HasSubstr("; manual intervention required"));
}

TEST_F(ends, that_came_early_say_where) {
  how.status = status::aborted;
  how.phase = "pre_flight";
  EXPECT_EQ(verdict_words(how), "aborted in pre_flight");
  how.status.reset();
  EXPECT_EQ(verdict_words(how), "not finished");
  EXPECT_EQ(told().status, "unfinished");
}

message about(event_t what, const std::string& environment = "production") {
  record one;
  one.run = "r1";
  one.what = std::move(what);
  return message_of(one, {"homelab", environment, "main", "me@here"}, 0);
}

TEST(a_message, tells_of_an_alert) {
  const auto of_host = about(event::alert_raised{severity::critical, "vps", "vps", "look at it"});
  EXPECT_EQ(of_host.title, "homelab production: critical: vps: look at it");
  EXPECT_EQ(of_host.text, "look at it\n");
  EXPECT_EQ(of_host.host, "vps");
  EXPECT_EQ(about(event::alert_raised{severity::critical, "vps", "vps", "vps failed: ill"}).title,
            "homelab production: critical: vps failed: ill");
  const auto of_all = about(
      event::alert_raised{severity::warning, "tests", "", "tests failed: one\nand two\n"}, "");
  EXPECT_EQ(of_all.title, "homelab: warning: tests failed: one");
  EXPECT_THAT(of_all.text, HasSubstr("and two"));
  const std::string a(119, 'a');
  EXPECT_EQ(about(event::alert_raised{severity::warning, "tests", "", a + "öö"}, "").title,
            "homelab: warning: " + a + "…")
      << "not cut within a character";
}

TEST(a_message, tells_of_each_event_that_can_be_routed) {
  auto todo = std::make_shared<plan>();
  todo->request.commit_hash = "main";
  todo->requested_by = "me@here";
  EXPECT_THAT(about(event::run_requested{todo}).title, HasSubstr("main is being deployed"));
  EXPECT_THAT(about(event::phase_ended{"tests", phase_outcome::failed}).title,
              HasSubstr("tests failed"));
  EXPECT_THAT(about(event::rollback_started{"vps", scope::self, {}}).title,
              HasSubstr("rolling back after vps"));
  EXPECT_THAT(about(event::cancel_requested{"SIGINT"}).title, HasSubstr("cancelled by SIGINT"));
  const auto stopped =
      about(event::channel_stopped{"homelab", "phone", send_fault::unauthorized, "401", "", {}});
  EXPECT_EQ(stopped.title, "homelab: nothing is sent on channel phone any more");
  EXPECT_EQ(stopped.next, "baton alert test phone");
  event::message_given_up lost{};
  lost.fleet = "homelab";
  lost.channel = "phone";
  lost.of_run = "r1";
  lost.why = "400";
  EXPECT_EQ(about(lost).title, "homelab: a message of r1 was given up on channel phone");
  EXPECT_EQ(about(lost).text, "400\n");
  EXPECT_EQ(about(lost).severity, severity::warning);
  EXPECT_EQ(about(event::retry_due{}).title, "") << "of nothing else";
}

message titled(const std::string& title, severity how_loud, const std::string& run) {
  message made;
  made.title = title;
  made.text = "of " + title + "\n";
  made.severity = how_loud;
  made.next = "baton show " + run;
  return made;
}

TEST(messages, become_one_that_says_how_many_and_what_is_the_most_serious) {
  const auto both =
      joined({titled("one", severity::info, "r1"), titled("two", severity::critical, "r2"),
              titled("three", severity::critical, "r2"), titled("four", severity::warning, "r2")});
  EXPECT_EQ(both.title, "4 messages, most serious: three");
  EXPECT_EQ(both.text, "one\nof one\nbaton show r1\n\ntwo\nof two\nbaton show r2\n\n"
                       "three\nof three\nbaton show r2\n\nfour\nof four\nbaton show r2\n");
  EXPECT_EQ(both.severity, severity::critical);
  EXPECT_EQ(both.next, "") << "each has its own";
}

TEST(messages, of_one_run_say_once_what_to_do) {
  const auto both =
      joined({titled("one", severity::warning, "r1"), titled("two", severity::info, "r1")});
  EXPECT_EQ(both.title, "2 messages, most serious: one");
  EXPECT_EQ(both.text, "one\nof one\n\ntwo\nof two\n");
  EXPECT_EQ(both.next, "baton show r1");
}

TEST(messages, that_are_one_stay_as_they_are) {
  const auto alone = joined({titled("one", severity::info, "r1")});
  EXPECT_EQ(alone.title, "one");
  EXPECT_EQ(alone.text, "of one\n");
}

TEST(messages, go_together_as_far_as_nothing_is_cut_off) {
  auto one = titled("one", severity::info, "");
  one.next = "";
  EXPECT_EQ(joinable({one}), 1u);
  EXPECT_EQ(joinable({one, one, one}), 3u);
  one.text = std::string(1'380, 'x') + "\n";
  EXPECT_EQ(joinable({one, one, one}), 2u);
  one.text = std::string(500, '<') + "\n";
  EXPECT_EQ(joinable({one, one, one}), 1u) << "as long as it is once it is escaped";
  one.text = std::string(500, '&') + std::string(500, '>');
  EXPECT_EQ(joinable({one, one}), 1u) << "what is too long alone is cut by the channel";
}

} // namespace
} // namespace baton
