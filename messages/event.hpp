#pragma once

#include "messages/alerts.hpp"
#include "messages/error.hpp"
#include "messages/plan.hpp"
#include "messages/result.hpp"

#include <cstdint>
#include <memory>
#include <variant>

/// What can happen to a run: the journal's rows. Those marked (intent) are also what the rules ask
/// for: the supervisor writes them down first and then carries them out.

namespace baton {

/// One look at a unit, as it is, not as it was meant.
struct unit_view {
  bool seen = false; ///< false: could not be asked, the rest says nothing
  std::vector<std::string>
      releases; ///< ids of the releases whose containers or process run; none: nothing
  std::optional<bool> healthy;  ///< all checks and containers; null: nothing runs, or no check
  std::string commit;           ///< of the release that runs; of the checkout where no record tells
  std::string last_good;        ///< release record: the last good one; empty: no record
  std::string baseline;         ///< release record: what ran before Baton; empty: none
  std::vector<std::string> ill; ///< what is not healthy, a line each
  duration start_left{0};       ///< how long containers may still be `starting` by their own checks
  std::int64_t restarts = 0;    ///< of all its containers since they were made
  bool hopeless = false;        ///< cannot get better: gave up, and nothing restarts it
};

/// The answer to one check that was asked from another target than the stack's own host.
struct check_answer {
  std::string stage; ///< that it speaks of
  std::string check; ///< what was asked, for people: `http https://example.org/ from controller`
  bool ok = false;
  std::string why;   ///< when not ok
  bool asked = true; ///< false: nobody knows, its target could not ask it
};

/// A step ran to its end. `why` empty = it did what it should.
struct step_outcome {
  std::optional<error> why;
  std::optional<unit_view> view;    ///< of steps that look
  std::vector<check_answer> checks; ///< of verify_checks
  std::map<std::string, std::string>
      facts; ///< resolve: `commit` or `commit:STACK`; create_snapshot: `name` …
  std::vector<std::string> notes; ///< for `details`
  bool changed_nothing =
      false; ///< the step certainly had no effect although its kind may (refused before)
};

namespace event {

/// The first event of each run.
struct run_requested {
  std::shared_ptr<const struct plan> plan;
};

struct phase_started { // (intent)
  std::string phase;
};

/// (intent) A step begins on a unit. Durable before the target hears of it.
struct step_started {
  std::string phase;
  step_kind kind;
  unit_id of;
  std::string target;
  int attempt; ///< 1-based, per unit and phase
  duration deadline;
};

struct step_ended {
  std::string phase;
  step_kind kind;
  unit_id of;
  int attempt;
  step_outcome outcome;
};

/// (intent) A running step is to be killed because the run stops.
struct step_stopped {
  std::string phase;
  step_kind kind;
  unit_id of;
  int attempt;
};

/// (intent) The next attempt of a unit in a phase begins at `at`.
struct retry_scheduled {
  std::string phase;
  unit_id of;
  int attempt; ///< the coming one
  time_point at;
};

/// The moment of a scheduled retry has come.
struct retry_due {
  std::string phase;
  unit_id of;
  int attempt;
};

struct phase_ended { // (intent)
  std::string phase;
  phase_outcome outcome;
};

/// (intent) What has been done is taken back.
struct rollback_started {
  std::string phase; ///< that failed
  scope over;
  std::vector<unit_id> units;
};

struct cancel_requested {
  std::string by; ///< `SIGINT`, `SIGTERM`, `SIGHUP`, `baton cancel by USER`
};

struct alert_raised { // (intent)
  enum severity severity;
  std::string phase;
  std::string host; ///< empty: the run as such
  std::string text;
};

struct run_finished { // (intent)
  std::shared_ptr<const struct result> result;
};

// What becomes of messages. Their records belong to no run (`record.run` is empty): they may come
// behind the end of the one that they speak of. `of_event` and `nth` name a row of the outbox.

struct message_sent {
  std::string fleet;
  std::string channel;
  std::string of_run; ///< may be empty
  std::uint64_t of_event;
  int nth;
  int attempts; ///< with the one that worked
  duration took;
  std::string moved_from; ///< telegram: the chat that is now `moved_to`; empty: it did not move
  std::string moved_to;
};

/// A try failed; another one follows, of a channel that is stopped when it goes on.
struct message_failed {
  std::string fleet;
  std::string channel;
  std::string of_run;
  std::uint64_t of_event;
  int nth;
  int attempts; ///< so far
  send_fault reason;
  std::string why;
  time_point retry_at;
};

/// It will not be tried any more.
struct message_given_up {
  std::string fleet;
  std::string channel;
  std::string of_run;
  std::uint64_t of_event;
  int nth;
  int attempts;
  send_fault reason;
  std::string why;
  std::vector<std::string> told_on; ///< other channels, which hear of this
};

/// Nothing is sent on a channel any more until what it needs has changed.
struct channel_stopped {
  std::string fleet;
  std::string channel;
  send_fault reason;
  std::string why;
  std::string likeness;             ///< of what it needs, when it failed
  std::vector<std::string> told_on; ///< other channels, which hear of this
};

struct channel_resumed {
  std::string fleet;
  std::string channel;
  std::string by; ///< `baton alert test`, or `baton.yaml`
};

/// Somebody knows how a run ended: no reminder any more.
struct acknowledged {
  std::string of_run;
  std::string by; ///< user@controller
};

// What people do beside runs. Of no run, too.

/// Somebody is about to do something that changes hosts, or what Baton knows of them.
struct act_began {
  std::string fleet;
  std::string verb; ///< `lease release`
  std::string what; ///< the host, snapshot … it is done to
  std::string by;   ///< user@controller
  std::string from; ///< `ssh 192.0.2.7, pts/3`
};

struct act_ended {
  std::uint64_t of_event; ///< its act_began
  std::string outcome;    ///< `ok`, or why not
};

} // namespace event

using event_t =
    std::variant<event::run_requested, event::phase_started, event::step_started, event::step_ended,
                 event::step_stopped, event::retry_scheduled, event::retry_due, event::phase_ended,
                 event::rollback_started, event::cancel_requested, event::alert_raised,
                 event::run_finished, event::message_sent, event::message_failed,
                 event::message_given_up, event::channel_stopped, event::channel_resumed,
                 event::acknowledged, event::act_began, event::act_ended>;

/// What the rules ask to be done next: the intents among the events.
using action_t = event_t;

/// An event as it stands in the journal.
struct record {
  std::uint64_t seq = 0; ///< of the journal, over all runs; 0: not written yet
  std::string run;       ///< empty: of none
  time_point at;
  double dice = 0.5; ///< drawn in [0,1) when it was written; the only randomness rules ever see
  event_t what;
};

/// What ended steps left for later ones: facts by kind of step and unit.
using run_facts = std::map<std::pair<step_kind, unit_id>, std::map<std::string, std::string>>;

/// The name of an event's type on the wire: `step_started`.
std::string_view type_name(const event_t& what) noexcept;

} // namespace baton
