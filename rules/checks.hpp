#pragma once

#include "rules/run.hpp"

namespace baton {

/// What a step's outcome says against the run.
struct finding {
  std::optional<error> why;     ///< empty: nothing
  std::set<std::size_t> stages; ///< of the plan, that it speaks against; may be empty
  std::optional<error>
      reported; ///< where nothing speaks against the run: what was ill all the same
};

/// Weighs an outcome. What a guard or verification sees counts only against a stage that is judged,
/// and so do answers of checks: each counts for the stage it speaks of (without one: the last).
/// Those that fail are the step's `why`, whatever else it said.
finding weigh(const plan& of, const run& now, step_kind step, unit_id on,
              const step_outcome& outcome);

} // namespace baton
