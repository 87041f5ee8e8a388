#pragma once

#include "cli/workspace.hpp"
#include "runtime/journal/journal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// The fleet's runs without a verdict, oldest first, worked at or not. Throws command_failed.
std::vector<run_row> unfinished_runs(const workspace& in);

/// Those of them at which nobody works any more: Baton was killed, lost power, or could not write
/// its journal. Throws command_failed.
std::vector<run_row> cut_off_runs(const workspace& in);

/// Whether there is a run that nobody works at, of whatever fleet.
bool is_anything_cut_off(const workspace& in);

/// `run ID (main to production) was cut off in vps`.
std::string cut_off_words(const run_row& run);

/// One line on stderr, where any fleet of the state folder has a run that was cut off; for verbs
/// that do not speak of it by themselves. Says nothing where there is no journal, or none that can
/// be read: a verb that needs it says so.
void say_what_was_cut_off(std::string_view verb);

} // namespace baton
