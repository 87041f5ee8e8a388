#pragma once

#include "messages/event.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// What is done next with the messages of one channel, and what follows from a try. One channel's
/// messages go out strictly in their order: behind one that must wait all of them wait.

namespace baton {

/// How a channel stands.
struct channel_state {
  bool known = true;    ///< it is in baton.yaml
  bool stopped = false; ///< nothing is sent until something changes
  bool joins = false;   ///< messages that wait together may go as one
  time_point free_at{}; ///< its own pace: not before
};

/// The pause that a channel wants between two messages.
duration pace_of(const channel& one);
/// Whether a person reads there, who is served by one message in place of several.
bool joins_messages(const channel& one);

struct delivery_step {
  enum class kind : std::uint8_t {
    rest,    ///< until something happens
    wait,    ///< until `until`
    send,    ///< the first `count` rows, as one message, or fewer of them where they are too long
    give_up, ///< all of them: the channel is gone
  };
  kind is = kind::rest;
  std::size_t count = 0;
  time_point until{};
};

/// What to do with a channel's undecided messages: those of events in their order, then reminders.
delivery_step next_delivery(const std::vector<outbox_row>& rows, const channel_state& in,
                            time_point now);

/// What follows from a try: for each row message_sent, message_failed or message_given_up, and
/// channel_stopped where nothing more is to be sent there. `others`: channels that can hear of it,
/// of a stop and of a message of a run that was given up.
struct attempt {
  std::string fleet;
  std::string likeness; ///< of what the channel needs
  std::string chat;     ///< telegram: that it was sent to
  duration deliver_for{0};
  std::vector<std::string> others;
  time_point now{};
  double dice = 0.5;
};
std::vector<event_t> after_attempt(const std::vector<outbox_row>& rows, const send_outcome& how,
                                   const attempt& by);

/// Whether a try that failed so stops the channel: no other one follows by itself.
bool stops_channel(send_fault why);

/// The rows of a channel that is gone.
std::vector<event_t> give_up_all(const std::vector<outbox_row>& rows, const std::string& fleet);

/// How long to wait after `failed` tries: drawn from nothing to the whole of a pause that doubles.
duration full_jitter(int failed, double dice);

} // namespace baton
