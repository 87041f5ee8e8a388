#pragma once

#include "messages/event.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Every actor of Baton and what it can be asked. Values travel inside the process only, so CAF
/// needs no serialization of them; JSON is the one form outside.
///
///     cli ── spawns ──▶ supervisor (one per run) ── spawns ──▶ phase (one per phase of the run)
///                          │        ▲ step_ended …                │ work_order
///                          ▼        │                             ▼
///                       keeper      └──────────────────────── registry ── owns ──▶ host (one per
///                       target)
///                          │ records                                                │ asks
///                          ▼                                                        ▼
///                       listeners (live view, events, metrics, log)              workshop
///                                                  (blocking work), other hosts (checks)
///
///     alert deliver ── spawns ──▶ alerter (reads the journal's outbox) ── parcel ──▶ postman (one
///                                                                          per channel; blocks)

namespace baton {

using plan_ptr = std::shared_ptr<const plan>;
using facts_ptr = std::shared_ptr<const run_facts>;
using result_ptr = std::shared_ptr<const result>;
using records_ptr = std::shared_ptr<const std::vector<record>>;

/// Records of one decision, to be made durable together.
struct journal_batch {
  std::size_t known; ///< how many records of this run were durable before; makes a repeat harmless
  records_ptr records;
};

/// Whether a batch is durable: `written` are its records with their numbers, else `why`.
struct journal_answer {
  records_ptr written;
  std::shared_ptr<const error> why;
};

/// A step to be carried out, with what may be known for it.
struct work_order {
  plan_ptr plan;
  event::step_started step;
  facts_ptr facts;
  bool resumed = false; ///< an earlier process has begun it: its target may know it
};

/// How a step ended. Always comes, whatever happened.
struct work_answer {
  std::shared_ptr<const step_outcome> outcome;
};

/// Health checks that are to be asked from a target: a look there, without a lease.
struct check_order {
  plan_ptr plan;
  std::string id; ///< of the look
  std::vector<check_question> questions;
  duration deadline{0}; ///< with the time that it takes to connect
};

/// An answer to each question, in order. Always comes, whatever happened.
struct check_report {
  std::vector<check_answer> answers;
};

/// Whose a host is, before a step changes it that runs elsewhere.
struct whose_question {
  std::string run;
};

/// `is_lost`: somebody else's, or nobody's. A host that cannot be asked is not known to be lost.
struct whose_answer {
  bool is_lost = false;
};

/// A step that is to be killed. Its order is answered within a second, with `ec::cancelled`,
/// whatever the target does.
struct stop_order {
  std::string step_id;
};

/// Everything that runs is to be killed, and nothing more is begun or written down: the process is
/// about to end, and somebody may go on with the run.
struct halt_order {};

/// Records that have just become durable.
struct record_note {
  records_ptr records;
};

/// A piece of what a running step prints, redacted; for people who watch.
struct output_note {
  std::string run;
  std::string phase;
  std::string target;
  std::string step_id;
  std::string text;
};

struct ask_result {};

/// A run's result: of a finished run, or of one that cannot go on (its status is empty then).
struct result_answer {
  result_ptr result;
};

struct find_target {
  std::string target; ///< a host's name, or `controller`
  std::string run;
  /// For the step that rewinds the target to a snapshot: what it keeps there must not be rewound.
  bool outside_snapshots = false;
};

/// Asks a listener whether it has dealt with all that it was sent before.
struct ask_drained {};

/// A message to be sent on a channel.
struct parcel {
  std::string channel;
  std::shared_ptr<const message> what;
};

/// What became of it. Always comes, within the deadline of a try.
struct parcel_answer {
  std::shared_ptr<const send_outcome> how;
};

/// The outbox may hold something else than before.
struct look_again {};

/// Asks whether all messages are sent; with `reminders` also those of later. Answered when it is
/// so: what waits on a channel that is stopped does not count.
struct ask_delivered {
  bool reminders = false;
  bool done = true; ///< of an answer; false: the alerter was halted before
};

} // namespace baton

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::event_t)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::journal_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::journal_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::work_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::work_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::check_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::check_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::whose_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::whose_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::stop_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::halt_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::record_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::output_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::ask_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::result_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::find_target)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::ask_drained)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::parcel)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::parcel_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::look_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::ask_delivered)

namespace baton {

/// Hears what happens: live view, event stream, metrics, log, alerts. None can hold up a run.
using listener_actor = caf::typed_actor<
    // Records have become durable.
    caf::reacts_to<record_note>,
    // A running step has printed something.
    caf::reacts_to<output_note>,
    // Answers when all that came before has been dealt with.
    caf::replies_to<ask_drained>::with<ask_drained>>;

/// A POSTMAN: sends on one channel, one message after the other.
using postman_actor = caf::typed_actor<
    // Sends a message.
    caf::replies_to<parcel>::with<parcel_answer>>;

/// The ALERTER: sees to it that what is in the outbox is sent. A listener, too: records make it
/// look.
using alerter_actor = listener_actor::extend<
    // Looks at the outbox.
    caf::reacts_to<look_again>,
    // Answers when all is sent.
    caf::replies_to<ask_delivered>::with<ask_delivered>,
    // Begins nothing more, answers who waits, and ends.
    caf::reacts_to<halt_order>>;

/// The KEEPER of the journal: the one writer of the process.
using keeper_actor = caf::typed_actor<
    // Makes a decision's records durable, then tells the listeners.
    caf::replies_to<journal_batch>::with<journal_answer>>;

/// One HOST, or the controller: its connection, its lease, and the steps that run there.
using host_actor = caf::typed_actor<
    // Carries a step out; the same step asked for again is answered by the one that runs.
    caf::replies_to<work_order>::with<work_answer>,
    // Asks health checks, for another host.
    caf::replies_to<check_order>::with<check_report>,
    // Tells whether a run still has the host's lease.
    caf::replies_to<whose_question>::with<whose_answer>,
    // Kills a running step, or a look that asks checks.
    caf::reacts_to<stop_order>>;

/// The REGISTRY of the fleet: owns the host actors, over all runs of the process.
using registry_actor = caf::typed_actor<
    // The actor of a target, spawned where there is none.
    caf::replies_to<find_target>::with<host_actor>>;

/// One PHASE of a run: hands its steps to their targets, and reports each end to the supervisor.
using phase_actor = caf::typed_actor<
    // Has a step carried out.
    caf::reacts_to<work_order>,
    // Has a running step killed.
    caf::reacts_to<stop_order>>;

/// The SUPERVISOR of one run: journals what happens, then does what the rules say.
using supervisor_actor = caf::typed_actor<
    // Something happened to the run.
    caf::reacts_to<event_t>,
    // Answers when the run is over, or cannot go on.
    caf::replies_to<ask_result>::with<result_answer>,
    // Answers when each step was killed, or could not be asked.
    caf::replies_to<halt_order>::with<halt_order>>;

} // namespace baton
