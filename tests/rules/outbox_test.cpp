#include "rules/outbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using kind = delivery_step::kind;

time_point at(duration since) {
  return time_point{since};
}

outbox_row row(std::uint64_t event, duration since = 0s, int nth = 0) {
  outbox_row made;
  made.event = event;
  made.channel = "phone";
  made.nth = nth;
  made.run = "r" + std::to_string(event);
  made.since = made.due = at(since);
  return made;
}

channel_state joining() {
  channel_state made;
  made.joins = true;
  return made;
}

TEST(the_next_step_of_a_channel, is_nothing_where_nothing_waits) {
  EXPECT_EQ(next_delivery({}, {}, at(1s)).is, kind::rest);
}

TEST(the_next_step_of_a_channel, is_the_first_message_alone) {
  const auto step = next_delivery({row(1), row(2)}, {}, at(1s));
  EXPECT_EQ(step.is, kind::send);
  EXPECT_EQ(step.count, 1u);
}

TEST(the_next_step_of_a_channel, joins_what_came_within_a_minute_and_is_of_one_kind) {
  EXPECT_EQ(next_delivery({row(1), row(2, 60s), row(3, 61s)}, joining(), at(70s)).count, 2u);
  EXPECT_EQ(next_delivery({row(1), row(2)}, joining(), at(1s)).count, 2u);
  EXPECT_EQ(next_delivery({row(1), row(2, 0s, 1)}, joining(), at(1s)).count, 1u)
      << "a reminder is no news";
  auto other = row(2);
  other.text_template = "{{title}}";
  EXPECT_EQ(next_delivery({row(1), other}, joining(), at(1s)).count, 1u);
  EXPECT_EQ(next_delivery({other, other}, joining(), at(1s)).count, 1u)
      << "a template speaks of one event";
  EXPECT_EQ(
      next_delivery({row(1, 4h, 1), row(2, 4h, 1), row(3, 4h + 9s, 1)}, joining(), at(4h)).count,
      2u)
      << "nothing goes before it is due";
  EXPECT_EQ(next_delivery(std::vector<outbox_row>(20, row(1)), joining(), at(1s)).count, 10u);
}

TEST(the_next_step_of_a_channel, waits_for_a_try_that_failed_and_for_its_own_pace) {
  auto failed = row(1);
  failed.retry_at = at(5s);
  auto step = next_delivery({failed, row(2)}, {}, at(2s));
  EXPECT_EQ(step.is, kind::wait) << "nothing overtakes";
  EXPECT_EQ(step.until, at(5s));
  channel_state paced;
  paced.free_at = at(3s);
  step = next_delivery({row(1)}, paced, at(2s));
  EXPECT_EQ(step.is, kind::wait);
  EXPECT_EQ(step.until, at(3s));
  step = next_delivery({row(1, 4h, 1)}, {}, at(2s));
  EXPECT_EQ(step.until, at(4h)) << "a reminder of later";
  EXPECT_EQ(next_delivery({failed}, {}, at(5s)).is, kind::send);
}

TEST(the_next_step_of_a_channel, is_none_while_it_is_stopped) {
  channel_state stopped;
  stopped.stopped = true;
  EXPECT_EQ(next_delivery({row(1)}, stopped, at(1s)).is, kind::rest);
}

TEST(the_next_step_of_a_channel, gives_all_up_that_is_for_one_that_is_gone) {
  channel_state gone;
  gone.known = false;
  const auto step = next_delivery({row(1), row(2)}, gone, at(1s));
  EXPECT_EQ(step.is, kind::give_up);
  EXPECT_EQ(step.count, 2u);
  auto tried = row(1);
  tried.attempts = 3;
  const auto lost = give_up_all({tried, row(2)}, "lab");
  ASSERT_EQ(lost.size(), 2u);
  const auto& first = std::get<event::message_given_up>(lost[0]);
  EXPECT_EQ(first.reason, send_fault::gone);
  EXPECT_EQ(first.attempts, 3);
  EXPECT_EQ(first.fleet, "lab");
  EXPECT_EQ(first.of_event, 1u);
}

class a_try : public testing::Test {
protected:
  a_try() {
    by.fleet = "lab";
    by.chat = "-100";
    by.likeness = "as it was";
    by.deliver_for = 24h;
    by.others = {"team"};
    by.now = at(10s);
    by.dice = 0.5;
  }
  std::vector<event_t> after(send_outcome::kind is, std::vector<outbox_row> rows = {row(1)}) const {
    auto told = how;
    told.is = is;
    return after_attempt(rows, told, by);
  }
  send_outcome how;
  attempt by;
};

TEST_F(a_try, that_worked_is_written_down_for_each_message_in_it) {
  how.took = 120ms;
  const auto events = after(send_outcome::kind::sent, {row(1), row(2)});
  ASSERT_EQ(events.size(), 2u);
  const auto& sent = std::get<event::message_sent>(events[1]);
  EXPECT_EQ(sent.of_event, 2u);
  EXPECT_EQ(sent.of_run, "r2");
  EXPECT_EQ(sent.attempts, 1);
  EXPECT_EQ(sent.took, 120ms);
  EXPECT_EQ(sent.moved_from, "");
}

TEST_F(a_try, that_found_the_chat_moved_says_where_to) {
  how.moved_to = "-200";
  const auto sent = std::get<event::message_sent>(after(send_outcome::kind::sent).front());
  EXPECT_EQ(sent.moved_from, "-100");
  EXPECT_EQ(sent.moved_to, "-200");
}

TEST_F(a_try, that_failed_is_followed_by_another_one) {
  auto tried = row(1);
  tried.attempts = 2;
  how.fault = send_fault::server_error;
  how.why = "502";
  const auto failed = std::get<event::message_failed>(after(send_outcome::kind::again, {tried})[0]);
  EXPECT_EQ(failed.attempts, 3);
  EXPECT_EQ(failed.reason, send_fault::server_error);
  EXPECT_EQ(failed.why, "502");
  EXPECT_EQ(failed.retry_at, at(10s + 4s)) << "half of 8 s";
}

TEST_F(a_try, that_was_too_soon_waits_as_long_as_it_is_told) {
  how.retry_after = 30s;
  EXPECT_EQ(std::get<event::message_failed>(after(send_outcome::kind::again)[0]).retry_at, at(40s));
  how.retry_after = 48h;
  EXPECT_EQ(std::get<event::message_failed>(after(send_outcome::kind::again)[0]).retry_at,
            at(10s + 1h))
      << "but not for ever";
}

TEST_F(a_try, that_failed_too_late_is_the_last_one) {
  by.now = at(24h);
  how.why = "no network";
  const auto lost = std::get<event::message_given_up>(after(send_outcome::kind::again)[0]);
  EXPECT_EQ(lost.why, "no network");
  EXPECT_EQ(lost.attempts, 1);
  EXPECT_THAT(lost.told_on, ElementsAre("team"));
}

TEST_F(a_try, that_gives_up_what_is_about_a_channel_is_told_nobody) {
  auto notice = row(1);
  notice.run.clear();
  const auto lost =
      std::get<event::message_given_up>(after(send_outcome::kind::refused, {notice})[0]);
  EXPECT_TRUE(lost.told_on.empty()) << "two channels that refuse would go on for ever";
}

TEST_F(a_try, of_a_reminder_is_late_by_its_own_time) {
  auto reminder = row(1, 0s, 1);
  reminder.due = at(4h);
  by.now = at(27h);
  EXPECT_TRUE(std::holds_alternative<event::message_failed>(
      after(send_outcome::kind::again, {reminder})[0]));
  by.now = at(28h);
  EXPECT_TRUE(std::holds_alternative<event::message_given_up>(
      after(send_outcome::kind::again, {reminder})[0]));
}

TEST_F(a_try, that_was_refused_is_the_last_one) {
  how.fault = send_fault::refused;
  EXPECT_EQ(std::get<event::message_given_up>(after(send_outcome::kind::refused)[0]).reason,
            send_fault::refused);
}

TEST_F(a_try, of_several_that_was_refused_is_followed_by_one_of_each_alone) {
  how.fault = send_fault::refused;
  const auto events = after(send_outcome::kind::refused, {row(1), row(2)});
  ASSERT_EQ(events.size(), 2u);
  const auto& failed = std::get<event::message_failed>(events[1]);
  EXPECT_EQ(failed.reason, send_fault::refused);
  EXPECT_EQ(failed.retry_at, at(10s));
  auto tried = row(1);
  tried.attempts = 1;
  EXPECT_EQ(next_delivery({tried, row(2)}, joining(), at(10s)).count, 1u);
  EXPECT_EQ(next_delivery({row(1), tried}, joining(), at(10s)).count, 1u);
}

TEST_F(a_try, that_stops_the_channel_keeps_the_message_and_tells_others) {
  by.now = at(48h);
  how.fault = send_fault::unauthorized;
  how.why = "401";
  const auto events = after(send_outcome::kind::stopped);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<event::message_failed>(events[0]).retry_at, at(48h))
      << "it waits for the channel, however old it is";
  const auto& stopped = std::get<event::channel_stopped>(events[1]);
  EXPECT_EQ(stopped.channel, "phone");
  EXPECT_EQ(stopped.reason, send_fault::unauthorized);
  EXPECT_EQ(stopped.likeness, "as it was");
  EXPECT_THAT(stopped.told_on, ElementsAre("team"));
}

TEST(the_pause_after_a_failed_try, is_drawn_from_one_that_doubles_up_to_ten_minutes) {
  EXPECT_EQ(full_jitter(1, 0), 0ms);
  EXPECT_EQ(full_jitter(1, 0.5), 1s);
  EXPECT_EQ(full_jitter(3, 0.5), 4s);
  EXPECT_EQ(full_jitter(30, 0.5), 5min);
  EXPECT_EQ(full_jitter(10'000, 0.5), 5min) << "the power may be infinite";
}

TEST(what_may_pass, is_all_that_does_not_stop_a_channel) {
  EXPECT_TRUE(stops_channel(send_fault::unauthorized));
  EXPECT_TRUE(stops_channel(send_fault::misconfigured));
  EXPECT_TRUE(stops_channel(send_fault::untrusted));
  EXPECT_FALSE(stops_channel(send_fault::refused));
  EXPECT_FALSE(stops_channel(send_fault::timed_out));
}

TEST(a_channel, has_a_pace_of_its_own) {
  channel one;
  one.kind = channel_kind::telegram;
  one.chat = "12345";
  EXPECT_EQ(pace_of(one), 1s);
  one.chat = "-10012345";
  EXPECT_EQ(pace_of(one), 3s) << "twenty a minute in a group";
  one.kind = channel_kind::slack;
  EXPECT_EQ(pace_of(one), 1s);
  one.kind = channel_kind::webhook;
  EXPECT_EQ(pace_of(one), 0s);
}

TEST(a_channel, joins_messages_where_people_read_them) {
  const auto joins = [](channel_kind which) {
    channel one;
    one.kind = which;
    return joins_messages(one);
  };
  EXPECT_TRUE(joins(channel_kind::telegram));
  EXPECT_TRUE(joins(channel_kind::slack));
  EXPECT_TRUE(joins(channel_kind::email));
  EXPECT_FALSE(joins(channel_kind::webhook));
  EXPECT_FALSE(joins(channel_kind::command));
}

} // namespace
} // namespace baton
