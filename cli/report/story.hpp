#pragma once

#include "rules/run.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton {

/// Something that went wrong, as the rules took it, and the step that showed it.
struct told_fault {
  std::string phase;                ///< that was open: also `guard:P`, `rollback:P`, `ending`
  std::optional<std::size_t> stage; ///< of the plan, that it speaks of
  step_kind step = step_kind::look;
  unit_id of = 0;
  std::string target; ///< where the step ran
  int attempt = 1;
  error why;
  time_point at;
};

/// Somebody asked the run to stop, and that had an effect.
struct told_cancel {
  std::string by;
  std::string phase; ///< that was open
  time_point at;
  std::size_t behind = 0; ///< so many faults
};

/// A run as its records have made it, and when what of it went wrong. Costs what `fold` of a run
/// costs; grows by what goes wrong alone.
struct run_story {
  run now;
  std::vector<told_fault> faults; ///< that were for good, in the order in which they were found
  std::vector<told_fault> tries;  ///< that failed, and that another attempt followed
  std::optional<told_cancel> cancel;
  std::optional<time_point> ended; ///< when it had its verdict
};

/// The phase of that id, wherever it stands in the plan; null: there is none.
const phase* phase_named(const plan& of, const std::string& id);

/// A run of which nothing has happened yet.
run_story begin_story(const plan& of);

/// The story after one more record, as `fold` of a run.
void fold_story(const plan& of, run_story& so_far, const record& what);

/// That of all these.
run_story story_of(const plan& of, const std::vector<record>& records);

} // namespace baton
