#pragma once

#include "cli/run.hpp"
#include "runtime/journal/journal.hpp"

#include <vector>

namespace baton {

/// The fleet's runs without a verdict at which nobody works any more, oldest first: Baton was
/// killed, lost power, or could not write its journal. Throws command_failed.
std::vector<run_row> cut_off_runs(const workspace& in);

/// Goes on with such a run, by the plan that was frozen when it began, to the verdict that it would
/// have had; blocks meanwhile. Throws command_failed.
result go_on_with(const cli_context& context, const workspace& in, const run_row& run,
                  const run_options& how);

} // namespace baton
