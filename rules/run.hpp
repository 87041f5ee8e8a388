#pragma once

#include "messages/event.hpp"
#include "rules/phase_run.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// One run as its events have made it, and what is to be done next.
///
///   events → fold → run → next → intents → (journal, then effects) → events …
///
/// Everything is a pure function of the plan and the records. `next` asks for phases, steps,
/// retries, rollbacks, alerts and the end; whoever carries them out folds each intent first.

namespace baton {

/// What the run knows of one unit of the plan, beyond the phase that is open.
struct unit_truth {
  std::optional<std::size_t> stage; ///< of the plan; nothing: controller, host outside
  std::optional<unit_view> view;    ///< of the last look, seen or not
  std::optional<unit_view> before;  ///< of pre_flight
  std::uint32_t viewed_in = 0;      ///< `run::epoch` of that look
  bool stale = false;               ///< changed, or failed in a step, since the last look
  bool prepared = false;            ///< a release may lie there: its fate must be recorded
  bool touched = false;             ///< `activate` began: owes a rollback
  bool restored = false;            ///< rolled back, and its gate passed
  bool rollback_failed = false;
  bool owes_rollback() const { return touched && !restored && !rollback_failed; }

  // Of hosts as such.
  bool lease_held = false;    ///< must be released
  bool lost = false;          ///< its lease is somebody else's: nothing more is done there
  bool secrets_saved = false; ///< the run may have changed its secret files
  bool secrets_back = false;  ///< the saved ones are there again
  bool snapshot_made = false; ///< an own snapshot may exist
};

/// A phase has failed for good, or was cancelled: what follows from that.
struct failure {
  std::size_t phase = 0;        ///< index into plan::phases: the phase that is blamed
  failure_policy policy;        ///< after cancel, guard and the request had their word
  std::set<std::size_t> meant;  ///< stages that it rolls back, were rollback_on_failure true
  std::set<std::size_t> stages; ///< stages that it does roll back
  bool by_guard = false;
  std::set<std::size_t> contained; ///< stages with go_on that are blamed: what happens on their
                                   ///< hosts cannot worsen the status
  error why;
};

struct run {
  std::optional<time_point> began;
  run_facts facts;                 ///< what ended steps left for later ones
  std::vector<unit_truth> units;   ///< as plan::units
  std::vector<phase_run> phases;   ///< as plan::phases
  std::vector<phase_run> rollback; ///< as plan::rollback
  phase_run ending;

  std::size_t at = 0;                      ///< forward phase that is open or comes next
  std::optional<phase_place> open;         ///< the one phase in progress
  std::uint32_t epoch = 0;                 ///< counts phases begun
  std::size_t touched = 0;                 ///< stacks that were touched
  bool stopped = false;                    ///< no further forward phase
  std::string cancel_pending;              ///< by whom, when asked for between two phases
  std::optional<std::string> cancelled_by; ///< set once a cancel had an effect
  std::vector<failure> failures;

  std::vector<std::size_t> deploys;                 ///< per stage: its deploy phase
  std::vector<std::vector<unit_id>> hosts_of_stage; ///< as such, sorted
  std::set<std::size_t> fallen;                     ///< stages that failed or were rolled back
  std::vector<unit_id> to_roll_back;                ///< of the last failure, until it is announced
  std::map<std::size_t, std::vector<unit_id>> stages_left; ///< of the announced rollback
  std::set<std::string> rollback_failed;                   ///< hosts
  std::optional<error> worsened_by; ///< what makes the run `failed` beside its failures: a
                                    ///< rollback, or a lease lost at the end

  std::vector<event::alert_raised> alerts; ///< in order; the first `alerts_sent` are raised
  std::size_t alerts_sent = 0;
  std::vector<std::string> warnings;
  std::optional<status> ends_as; ///< known once the ending's looks and put-backs are done
  std::shared_ptr<const result> finished;
};

/// A run of which nothing has happened yet.
run begin(const plan& of);

/// What the run is after one more record. Takes the run apart and gives it back: no copy. Costs
/// O(log units), except for the beginning and the end of a phase. Records that fit nothing (late,
/// double) change nothing.
run fold(const plan& of, run&& so_far, const record& what);

/// What is newly due, in a stable order; empty when the run waits for an event. Folding what it
/// returns makes it due no more, and may make further things due (a phase that ends is followed by
/// the next): ask again until it is empty, or use react(). `dice` in [0,1) spreads the back-off.
std::vector<action_t> next(const plan& of, const run& now, time_point at, double dice);

/// One event and everything that follows from it: folds `what`, then what `next` asks for, until
/// there is nothing more. Returns the records in order, `what` first: one batch of the journal,
/// to be durable before the intents among them are carried out.
std::vector<record> react(const plan& of, run& now, record what);

/// The truthful result; `status` is empty until the run is finished (its ending is through).
result verdict(const plan& of, const run& now, time_point at);

/// The retries that wait for their moment: a timer each, to be answered by event::retry_due.
std::vector<event::retry_scheduled> retries_waiting(const plan& of, const run& now);

/// Steps that have begun and not ended, in the open phase: what a resumed run must ask after.
std::vector<event::step_started> steps_running(const plan& of, const run& now);

} // namespace baton
