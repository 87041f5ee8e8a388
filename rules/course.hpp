#pragma once

#include "rules/run.hpp"

/// The way of a run through its phases: forward, back where something failed, to its ending.

namespace baton {

/// The phase that is to begin now; nothing while one is open, a rollback is to be announced first,
/// or the run has not begun or is through.
std::optional<phase_place> phase_due(const run& now);

/// The next forward phase is the first from this one on that is in this run.
void go_on_from(const plan& of, run& now, std::size_t phase);

/// Whether something is being taken back.
bool is_rolling_back(const run& now);

/// What the run touched in a stage and has not brought back goes back; what cannot be is told.
void plan_rollback(const plan& of, run& now, std::size_t stage);

/// Somebody asked the run to stop. Nothing once the run is in its ending.
void cancel(const plan& of, run& now, const std::string& by, time_point at);

} // namespace baton
