#pragma once

#include "messages/plan.hpp"
#include "messages/result.hpp"
#include "messages/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// A phase in progress: counters phase → unit, so that an event touches one unit only.

namespace baton {

enum class track : std::uint8_t { forward, rollback, ending };

/// Which phase of a plan.
struct phase_place {
  enum track track = track::forward;
  std::size_t index = 0; ///< into plan::phases or plan::rollback
  bool operator==(const phase_place&) const = default;
};

/// Where a unit is in its phase.
///
///   held ⇄ ready → running → (next step: held or ready) → done
///            ↑        └→ failing → backing_off ┐     └→ failed, stopped
///            └─────────────────────────────────┘
enum class unit_state : std::uint8_t {
  held,        ///< behind a barrier
  ready,       ///< its next step is due
  running,     ///< its step has begun
  failing,     ///< its step failed; a retry is to be scheduled
  backing_off, ///< waits for its retry
  done,
  failed, ///< for good
  stopped ///< another unit failed, or the run was cancelled
};

/// A step of a unit's path: `phase.steps[step].on[on]`.
struct step_ref {
  std::size_t step = 0;
  std::size_t on = 0;
};

struct unit_run {
  unit_id of = 0;
  std::vector<step_ref> path;
  std::size_t at = 0;     ///< position in path
  std::size_t passed = 0; ///< barriers that it is through
  int attempt = 1;
  unit_state state = unit_state::held;
  bool changed_before = false; ///< the truth before the running step, should it change nothing
  std::optional<error> why;    ///< of the last failure
  time_point retry_at;
  std::optional<time_point> began, ended;
  std::vector<std::string> notes;
};

/// A final failure inside a phase.
struct fault_found {
  unit_id of = 0;
  std::optional<std::size_t> stage; ///< of the plan, that it speaks of
  error why;
};

struct phase_run {
  std::optional<time_point> began, ended;
  phase_outcome outcome = phase_outcome::not_run;
  bool by_guard = false;
  std::optional<error> why;    ///< that made it fail
  std::vector<unit_run> units; ///< sorted by unit
  std::vector<fault_found> faults;
  bool cancelled = false; ///< and nothing had failed before
  bool halted = false;    ///< nothing more is begun: a unit failed for good, or a cancel
  std::map<std::string, std::string> facts; ///< for `details`

  // Only while it is open: positions in `units`.
  std::set<std::size_t> ready, running, to_stop, failing;
  std::size_t backing_off = 0;
  std::vector<std::size_t> barriers;       ///< indices of steps
  std::vector<std::size_t> pending;        ///< per barrier: units not yet through
  std::vector<std::set<std::size_t>> held; ///< per barrier: who waits for it
  std::size_t open_barriers = 0;           ///< leading ones that are open
};

} // namespace baton
