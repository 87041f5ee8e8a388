#include "tests/runtime/journal/journal_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// A run whose fleet tells phone and team of alerts and bad ends.
record told_run(const std::string& run, const std::string& fleet = "lab",
                const std::string& environment = "production") {
  auto made = requested(run, fleet);
  auto of = *std::get<event::run_requested>(made.what).plan;
  for (const auto* name : {"phone", "team"}) {
    channel one;
    one.name = name;
    of.fleet.alerts.channels.push_back(one);
  }
  of.fleet.alerts.routes = {{{"alert_raised", "run_finished"},
                             {severity::warning, severity::critical},
                             {"phone", "team"},
                             "{{title}}"}};
  of.fleet.alerts.repeat = 4h;
  of.request.environment = environment;
  made.what = event::run_requested{std::make_shared<const plan>(std::move(of))};
  return made;
}

record alert(const std::string& run, std::int64_t ms = 2000) {
  return happened(run, event::alert_raised{severity::critical, "vps", "vps", "look"}, ms);
}

record ended(const std::string& run, status how, std::int64_t ms = 3000) {
  return finished(run, how, verdict_of(serves::old_release, "x"), ms);
}

record of_none(event_t what, std::int64_t ms) {
  return happened("", std::move(what), ms);
}

record sent(std::uint64_t event, const std::string& channel, int nth, std::int64_t ms) {
  event::message_sent made{};
  made.fleet = "lab";
  made.channel = channel;
  made.of_event = event;
  made.nth = nth;
  made.attempts = 1;
  return of_none(made, ms);
}

class an_outbox : public testing::Test {
protected:
  an_outbox() : journal_{*journal::in_memory()} {}

  template <class... Records>
  void write(Records... records) {
    ASSERT_TRUE(write_all(journal_, records...));
  }

  /// `CHANNEL EVENT.NTH` of what waits.
  std::vector<std::string> waiting(const std::string& fleet = "lab") {
    std::vector<std::string> made;
    const auto waiting = journal_.waiting_messages(fleet);
    for (const auto& row : *waiting)
      made.push_back(row.channel + " " + std::to_string(row.event) + "." + std::to_string(row.nth));
    return made;
  }
  std::vector<std::string> unacknowledged() {
    std::vector<std::string> made;
    const auto open = journal_.open_attention("lab");
    for (const auto& one : *open)
      made.push_back(one.run);
    return made;
  }
  /// Whatever happened, the events alone give the same.
  ~an_outbox() override {
    const auto before = *journal_.derived_rows();
    EXPECT_TRUE(journal_.rebuild());
    EXPECT_EQ(*journal_.derived_rows(), before);
  }

  journal journal_;
};

TEST_F(an_outbox, holds_a_message_for_each_channel_from_the_moment_that_the_event_is_durable) {
  write(told_run("r1"), alert("r1"));
  EXPECT_THAT(waiting(), ElementsAre("phone 2.0", "team 2.0"));
  const auto row = journal_.waiting_messages("lab")->front();
  EXPECT_EQ(row.run, "r1");
  EXPECT_EQ(row.text_template, "{{title}}");
  EXPECT_EQ(row.since, at_ms(2000));
  EXPECT_EQ(row.attempts, 0);
  EXPECT_THAT(waiting("another"), IsEmpty());
}

TEST_F(an_outbox, stays_empty_where_nobody_is_told) {
  write(requested("r1"), alert("r1"), ended("r1", status::failed));
  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_THAT(unacknowledged(), IsEmpty());
  write(told_run("r2"), ended("r2", status::success));
  EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(an_outbox, lets_go_of_what_was_sent) {
  write(told_run("r1"), alert("r1"), alert("r1"), sent(2, "phone", 0, 4000));
  EXPECT_THAT(waiting(), ElementsAre("phone 3.0", "team 2.0", "team 3.0"));
}

TEST_F(an_outbox, remembers_tries_that_failed) {
  event::message_failed failed{};
  failed.fleet = "lab";
  failed.channel = "phone";
  failed.of_event = 2;
  failed.attempts = 1;
  failed.reason = send_fault::server_error;
  failed.why = "502";
  failed.retry_at = at_ms(9000);
  write(told_run("r1"), alert("r1"), of_none(failed, 4000));
  const auto row = journal_.waiting_messages("lab")->front();
  EXPECT_EQ(row.attempts, 1);
  EXPECT_EQ(row.retry_at, at_ms(9000));
  EXPECT_EQ(row.last_error, "502");
}

TEST_F(an_outbox, keeps_what_was_given_up_apart) {
  event::message_given_up lost{};
  lost.fleet = "lab";
  lost.channel = "phone";
  lost.of_event = 2;
  lost.attempts = 1;
  lost.reason = send_fault::refused;
  lost.why = "too long";
  write(told_run("r1"), alert("r1"), of_none(lost, 4000), of_none(lost, 5000));
  EXPECT_THAT(waiting(), ElementsAre("team 2.0"));
  const auto given_up = *journal_.lost_messages("lab");
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_EQ(given_up[0].row.last_error, "too long");
  EXPECT_EQ(given_up[0].given_up, at_ms(4000)) << "once";
}

TEST_F(an_outbox, reminds_of_a_bad_end_until_somebody_knows) {
  write(told_run("r1"), ended("r1", status::rolled_back), sent(2, "phone", 0, 4000));
  EXPECT_THAT(unacknowledged(), ElementsAre("r1"));
  EXPECT_THAT(waiting(), ElementsAre("phone 2.1", "team 2.0"));
  EXPECT_EQ(journal_.waiting_messages("lab")->front().due, at_ms(4000) + 4h);
  EXPECT_EQ(journal_.waiting_messages("lab")->front().since, at_ms(4000));
  EXPECT_TRUE(*journal_.has_due_messages("lab", at_ms(5000)));
  write(sent(2, "phone", 1, 5000), sent(2, "team", 0, 5000));
  EXPECT_THAT(waiting(), ElementsAre("phone 2.2", "team 2.1"));
  EXPECT_FALSE(*journal_.has_due_messages("lab", at_ms(6000))) << "reminders of later";
  write(of_none(event::acknowledged{"r1", "me@here"}, 7000));
  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_THAT(unacknowledged(), IsEmpty());
  write(of_none(event::acknowledged{"r1", "you@there"}, 8000));
}

TEST_F(an_outbox, still_tells_once_of_what_was_acknowledged_before_it_was_sent) {
  write(told_run("r1"), ended("r1", status::failed),
        of_none(event::acknowledged{"r1", "me"}, 4000));
  EXPECT_THAT(waiting(), ElementsAre("phone 2.0", "team 2.0"));
  write(sent(2, "phone", 0, 5000), sent(2, "team", 0, 5000));
  EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(an_outbox, ends_reminders_with_a_later_success_of_the_same_environment) {
  write(told_run("r1"), ended("r1", status::partial_success), sent(2, "phone", 0, 4000),
        sent(2, "team", 0, 4000), told_run("r2", "lab", "staging"), ended("r2", status::success));
  EXPECT_THAT(waiting(), ElementsAre("phone 2.1", "team 2.1")) << "of another environment";
  write(told_run("r3"), ended("r3", status::success));
  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_THAT(unacknowledged(), IsEmpty());
}

TEST_F(an_outbox, does_not_remind_of_alerts_or_of_runs_that_touched_nothing) {
  write(told_run("r1"), alert("r1"), ended("r1", status::aborted), sent(2, "phone", 0, 4000),
        sent(3, "phone", 0, 4000));
  EXPECT_THAT(waiting(), ElementsAre("team 2.0", "team 3.0"));
}

TEST_F(an_outbox, knows_which_channels_are_stopped_and_tells_the_others) {
  write(told_run("r1"), alert("r1"),
        of_none(
            event::channel_stopped{
                "lab", "phone", send_fault::unauthorized, "401", "like this", {"team"}},
            4000));
  EXPECT_THAT(waiting(), ElementsAre("phone 2.0", "team 2.0", "team 3.0"));
  auto channels = *journal_.channels("lab");
  ASSERT_EQ(channels.size(), 1u);
  EXPECT_EQ(channels[0].name, "phone");
  EXPECT_EQ(channels[0].stopped_at, at_ms(4000));
  EXPECT_EQ(channels[0].reason, "unauthorized");
  EXPECT_EQ(channels[0].likeness, "like this");
  write(sent(2, "team", 0, 5000), sent(3, "team", 0, 5000));
  EXPECT_FALSE(*journal_.has_due_messages("lab", at_ms(6000)));
  write(of_none(event::channel_resumed{"lab", "phone", "baton alert test"}, 6000));
  EXPECT_FALSE(journal_.channels("lab")->front().stopped_at);
  EXPECT_TRUE(*journal_.has_due_messages("lab", at_ms(6000)));
}

TEST_F(an_outbox, knows_where_a_chat_has_moved_to) {
  auto moved = sent(2, "phone", 0, 4000);
  std::get<event::message_sent>(moved.what).moved_from = "-1";
  std::get<event::message_sent>(moved.what).moved_to = "-100";
  write(told_run("r1"), alert("r1"), moved);
  EXPECT_EQ(journal_.channels("lab")->front().moved_from, "-1");
  EXPECT_EQ(journal_.channels("lab")->front().moved_to, "-100");
}

TEST_F(an_outbox, orders_events_before_reminders) {
  write(told_run("r1"), ended("r1", status::failed), sent(2, "phone", 0, 4000),
        sent(2, "team", 0, 4000), told_run("r2"), alert("r2"), alert("r2"));
  EXPECT_THAT(waiting(), ElementsAre("phone 6.0", "phone 7.0", "phone 2.1", "team 6.0", "team 7.0",
                                     "team 2.1"));
}

} // namespace
} // namespace baton
