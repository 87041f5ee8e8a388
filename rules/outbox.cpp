#include "rules/outbox.hpp"

#include <algorithm>
#include <cmath>

namespace baton {

namespace {

constexpr duration group_pace = std::chrono::seconds{3}; ///< 20 messages a minute
constexpr duration chat_pace = std::chrono::seconds{1};

constexpr double pause_base_ms = 2'000;
constexpr double pause_cap_ms = 600'000;
/// So that a server that asks for a day does not keep everything back.
constexpr duration retry_after_max = std::chrono::hours{1};

/// Messages of so long go together, and so many at most.
constexpr duration joined_span = std::chrono::minutes{1};
constexpr std::size_t joined_max = 10;

/// A template speaks of one event. What was tried and failed goes alone: it may be what is refused.
bool goes_with_others(const outbox_row& row) {
  return row.text_template.empty() && row.attempts == 0;
}

/// How many rows go together, the first one included.
std::size_t joined(const std::vector<outbox_row>& rows, time_point now) {
  const auto& first = rows.front();
  std::size_t count = 1;
  while (goes_with_others(first) && count < rows.size() && count < joined_max
         && goes_with_others(rows[count]) && rows[count].nth == first.nth && rows[count].due <= now
         && rows[count].due - first.due <= joined_span)
    ++count;
  return count;
}

template <class Event>
Event about(const outbox_row& row, const attempt& by) {
  Event made{};
  made.fleet = by.fleet;
  made.channel = row.channel;
  made.of_run = row.run;
  made.of_event = row.event;
  made.nth = row.nth;
  made.attempts = row.attempts + 1;
  return made;
}

event_t sent(const outbox_row& row, const send_outcome& how, const attempt& by) {
  auto made = about<event::message_sent>(row, by);
  made.took = how.took;
  if (!how.moved_to.empty()) {
    made.moved_from = by.chat;
    made.moved_to = how.moved_to;
  }
  return made;
}

event_t given_up(const outbox_row& row, const send_outcome& how, const attempt& by) {
  auto made = about<event::message_given_up>(row, by);
  made.reason = how.fault;
  made.why = how.why;
  if (!row.run.empty()) // of a message about a channel nobody is told: that would have no end
    made.told_on = by.others;
  return made;
}

event_t failed(const outbox_row& row, const send_outcome& how, const attempt& by,
               time_point retry_at) {
  auto made = about<event::message_failed>(row, by);
  made.reason = how.fault;
  made.why = how.why;
  made.retry_at = retry_at;
  return made;
}

} // namespace

duration pace_of(const channel& one) {
  switch (one.kind) {
  case channel_kind::telegram:
    return one.chat.starts_with('-') ? group_pace : chat_pace;
  case channel_kind::slack:
    return chat_pace;
  default:
    return duration{0};
  }
}

bool joins_messages(const channel& one) {
  return one.kind == channel_kind::telegram || one.kind == channel_kind::slack
         || one.kind == channel_kind::email;
}

delivery_step next_delivery(const std::vector<outbox_row>& rows, const channel_state& in,
                            time_point now) {
  using kind = delivery_step::kind;
  if (rows.empty())
    return {};
  if (!in.known)
    return {kind::give_up, rows.size(), {}};
  if (in.stopped)
    return {};
  const auto ready = std::max({rows.front().due, rows.front().retry_at, in.free_at});
  if (ready > now)
    return {kind::wait, 0, ready};
  return {kind::send, in.joins ? joined(rows, now) : 1, {}};
}

std::vector<event_t> after_attempt(const std::vector<outbox_row>& rows, const send_outcome& how,
                                   const attempt& by) {
  using kind = send_outcome::kind;
  std::vector<event_t> made;
  const auto pause = std::max(full_jitter(rows.front().attempts + 1, by.dice),
                              std::min(how.retry_after.value_or(duration{0}), retry_after_max));
  for (const auto& row : rows) {
    const auto retry_at = by.now + pause;
    if (how.is == kind::sent)
      made.push_back(sent(row, how, by));
    else if (how.is == kind::refused && rows.size() > 1) // perhaps one of them alone
      made.push_back(failed(row, how, by, by.now));
    else if (how.is == kind::refused
             || (how.is == kind::again && retry_at - row.due > by.deliver_for))
      made.push_back(given_up(row, how, by));
    else // of a stopped channel, too: what waits there is sent when it goes on
      made.push_back(failed(row, how, by, how.is == kind::stopped ? by.now : retry_at));
  }
  if (how.is == kind::stopped)
    made.push_back(event::channel_stopped{by.fleet, rows.front().channel, how.fault, how.why,
                                          by.likeness, by.others});
  return made;
}

bool stops_channel(send_fault why) {
  return why == send_fault::unauthorized || why == send_fault::untrusted
         || why == send_fault::misconfigured;
}

std::vector<event_t> give_up_all(const std::vector<outbox_row>& rows, const std::string& fleet) {
  send_outcome how;
  how.fault = send_fault::gone;
  how.why = "baton.yaml has no such channel any more";
  attempt by;
  by.fleet = fleet;
  std::vector<event_t> made;
  for (const auto& row : rows) {
    auto event = about<event::message_given_up>(row, by);
    event.attempts = row.attempts; // none was made
    event.reason = how.fault;
    event.why = how.why;
    made.emplace_back(std::move(event));
  }
  return made;
}

duration full_jitter(int failed, double dice) {
  const auto whole = std::min(pause_cap_ms, pause_base_ms * std::pow(2, failed - 1));
  return duration{static_cast<duration::rep>(whole * dice)};
}

} // namespace baton
