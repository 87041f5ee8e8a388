#pragma once

#include "messages/alerts.hpp"
#include "messages/event.hpp"
#include "messages/result.hpp"
#include "messages/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

/// What the journal derives from its events.

namespace baton {

struct run_row {
  std::string id;
  std::string fleet;
  std::string environment;
  std::string ref;    ///< as it was asked for
  std::string commit; ///< what it resolved to; empty: not yet
  std::string release;
  time_point requested_at;
  std::string requested_by;
  run_state state = run_state::running;
  std::optional<enum status> status; ///< empty: unfinished
  std::string phase;                 ///< that runs now, or decided the verdict
  std::optional<int> exit_code;
  std::optional<time_point> finished_at;
  bool cancelled = false;
  std::string error;      ///< of the verdict; empty: none
  time_point last_at;     ///< of its newest event
  std::uint64_t last_seq; ///< the same event's number
};

struct run_filter {
  std::string fleet;       ///< empty: any
  std::string environment; ///< empty: any
  std::optional<enum status> status;
  std::size_t count_max = 50;
};

/// What is known of a stack on a host since the last verdict that spoke of it.
struct host_state {
  std::string fleet;
  std::string host;
  std::string stack;
  /// As in that verdict; as before, when its run has changed nothing there and seen the same
  /// release.
  enum serves serves = serves::unknown;
  std::optional<bool> healthy;
  std::string release; ///< that was seen to run, last time it could be seen
  std::string commit;
  time_point since;             ///< when that release was first seen there
  std::string run;              ///< the verdict's run
  time_point at;                ///< of the verdict
  bool rollback_failed = false; ///< of that run on this host
  std::string good_release;     ///< the last one that was good; empty: none yet
  std::string good_commit;
};

/// A message that was not sent and is not tried any more.
struct lost_message {
  outbox_row row;
  time_point given_up;
};

/// A run that ended so that a person has to know.
struct attention_row {
  std::string run;
  std::string fleet;
  std::string environment;
  std::uint64_t event = 0; ///< its end
  time_point at;
  enum status status = status::failed;
  std::string ended_by; ///< why nobody has to any more; empty: somebody has
};

/// How a channel stands, as far as the events tell.
struct channel_row {
  std::string fleet;
  std::string name;
  std::optional<time_point> stopped_at; ///< empty: it works, as far as is known
  std::string reason;
  std::string why;
  std::string likeness; ///< of what it needed when it was stopped
  std::string moved_from;
  std::string moved_to; ///< telegram: the chat's number now, in place of `moved_from`
};

/// An event, and its place in the chain.
struct chained_record {
  record what;
  std::string hash; ///< hex
};

/// A fold over the events that somebody keeps in the journal.
struct fold_row {
  std::string name;
  int version = 1;       ///< of the form of `state`; its owner ignores what it does not know
  std::uint64_t seq = 0; ///< of the last event in it
  std::string state;     ///< JSON
};

} // namespace baton
