#pragma once

#include "runtime/job.hpp"

#include <string>
#include <string_view>

/// What the readers of secrets, snapshots and tests begin with.

namespace baton {

/// The status of a script (lib.sh) that could not write down why it failed: the disk is full.
inline constexpr int exit_disk_full = 28;

/// The end of a job as far as those kinds of steps read it alike: `why` is set when it was lost,
/// hit its deadline, was ended by a signal, said `fail CODE TEXT`, or ended with another status
/// than 0
/// (`code`, with `doing` and the end of its output). `notes` are what it said with `note`, `facts`
/// all other facts.
step_outcome read_end(const job_context& context, const job_end& end, ec code,
                      std::string_view doing);

/// The status of a program of the user as sh gave it, for people: `ended with status 3`, or `was
/// killed by SIGKILL` for what sh gives as 128 + 9.
std::string how_it_ended(int shell_status);

/// An error of the context's target and step, with a trace from here.
error step_error(const job_context& context, ec code, std::string what);

} // namespace baton
