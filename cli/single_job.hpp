#pragma once

#include "cli/workspace.hpp"
#include "runtime/job.hpp"

#include <string>

namespace baton {

/// A job that is no step of a run.
struct single_job {
  std::string target; ///< a host, or `controller`
  std::string name;   ///< for its id on the target: `snapshot-list`
  job work;
  duration deadline{60'000};
  /// A host that the job rewinds to a snapshot: leased meanwhile, and taken from whoever had it
  /// then.
  std::string rewinds;
};

/// Runs it under the step protocol, an effect under the target's lease, which is given back
/// afterwards. Its output goes to stdout as it comes, redacted; where that is for a document, to
/// stderr. Blocks. Errors as of steps.
expected<job_end> run_single_job(const cli_context& context, const workspace& in,
                                 const single_job& what);

/// The exit code of an error that ended a command: 3 for a lease, else 1.
int exit_code_of(const error& why);

} // namespace baton
