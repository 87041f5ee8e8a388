#pragma once

#include "rules/checks.hpp"
#include "rules/run.hpp"

namespace baton {

const phase& spec_of(const plan& of, const phase_place& place);
phase_run& state_of(run& now, const phase_place& place);
const phase_run& state_of(const run& now, const phase_place& place);

/// Whether nothing of a phase runs, is due or waits for its retry.
bool is_over(const phase_run& state);

/// How a phase that is over went.
phase_outcome outcome_of(const phase_run& state);

/// Position of a unit in a phase; nothing when it has no part in it.
std::optional<std::size_t> find_unit(const phase_run& state, unit_id which);

/// Hands on the one phase in progress: moves its units along their paths, and its counters with
/// them. Lives for one event.
class open_phase {
public:
  /// `now.open` must be set.
  open_phase(const plan& of, run& now, time_point at);

  /// The phase begins: who takes part, and what is due first.
  void populate();
  /// The phase ends: whoever still waits has been stopped.
  void close(phase_outcome outcome);

  void step_started(std::size_t nth);
  void step_stopped(std::size_t nth);
  void step_ended(std::size_t nth, const step_outcome& outcome);
  void retry_scheduled(std::size_t nth, time_point when);
  void retry_due(std::size_t nth);
  /// Somebody asked the run to stop.
  void cancel(const std::string& by);

private:
  const step_spec& step_of(const unit_run& unit) const;
  bool was_taken_over(unit_id which) const;
  bool may_retry(const unit_run& unit, const error& why) const;
  bool takes_part(unit_id which) const;
  void build_paths();
  void set_barriers();
  /// For `details` and the verdict.
  void keep(unit_run& unit, const step_outcome& outcome);
  void keep_of_host(const std::string& host, const step_outcome& outcome, const char* fact);
  void warn(const std::string& text);

  /// On to the next step of the unit's path, if no barrier is in the way.
  void move_on(std::size_t nth);
  void pass_barriers(std::size_t nth, std::size_t before);
  void open_barrier();
  void finish(std::size_t nth, unit_state state);
  void fail(std::size_t nth, const finding& found);
  void accuse(unit_id which, std::optional<std::size_t> stage, const error& why);
  void halt();

  // Of a rollback (open_rollback.cpp): a host goes on or gives up as a whole.
  bool owes_rollback(unit_id stack) const;
  void begin_rollback();
  void regroup(std::size_t nth);
  void restored_by_snapshot(const unit_run& host);
  void restored_by_app(unit_id host);
  std::vector<std::size_t> stacks_here(unit_id host) const;
  void make_ready(std::size_t nth, int attempt);
  void give_up(unit_id host, const error& why);

  const plan& of_;
  run& now_;
  const phase& spec_;
  phase_run& state_;
  time_point at_;
};

} // namespace baton
