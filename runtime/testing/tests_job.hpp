#pragma once

#include "runtime/job.hpp"

namespace baton {

/// The user's tests: on a host in its checkout, on the controller in a clean clone at the commit
/// (an absolute `workdir` is taken as it is instead). Environment: the stack's and the host's vars,
/// BATON_COMMIT, BATON_RUN, BATON_ENVIRONMENT, BATON_HOSTS.
expected<job> run_tests_job(const job_context& context);

/// Error tests_failed (not retryable) when the command ended badly, with what the report or else
/// the output says, and when only the report says so. Facts where there is a report: `tests`,
/// `failures`, `errors`, `skipped`, and `failing`, the first names.
step_outcome run_tests_outcome(const job_context& context, const job_end& end);

} // namespace baton
