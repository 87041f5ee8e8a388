#pragma once

#include "cli/workspace.hpp"

#include <functional>
#include <string>

namespace baton {

/// Does what a person has asked for beside a run, with who asked for it in the journal before it is
/// done, and how it ended behind it. Returns what `act` returns, and lets through what it throws.
/// Throws command_failed (74), and does nothing, when the journal cannot be written.
int audited(const fleet& of, const std::string& verb, const std::string& what,
            const std::function<int()>& act);

/// Into the log file goes where the journal's chain ends now: who cuts rows off the journal's end
/// would have to change that file, too.
void log_head_of(const journal& in);

} // namespace baton
