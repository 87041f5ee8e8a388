#pragma once

#include "cli/cut_off.hpp"
#include "cli/run.hpp"
#include "runtime/journal/journal.hpp"

#include <string>
#include <vector>

namespace baton {

/// A run's plan as it was frozen, from its first record; without secrets. Throws command_failed.
plan journaled_plan(const std::vector<record>& so_far);

/// Goes on with such a run, by the plan that was frozen when it began, to the verdict that it would
/// have had; one that is older than its `resume.max_age` is cancelled. Blocks meanwhile. Throws
/// command_failed.
result go_on_with(const cli_context& context, const workspace& in, const run_row& run,
                  run_options how);

/// A run that was cut off still owns its hosts, and left them as they were just then: it is brought
/// to its verdict before another one begins. Asks, unless `yes`. Throws command_failed.
void finish_what_was_cut_off(const cli_context& context, const workspace& in, run_options how,
                             bool yes);

} // namespace baton
