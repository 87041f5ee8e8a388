#pragma once

#include "runtime/job.hpp"

/// The release engines: how a commit gets onto a host, serves there, and is taken back.

namespace baton::release {

/// Steps resolve, inspect, baseline, prepare, activate, gate, guard, verify, look, foresee,
/// restore, settle.
///
/// settle takes from the facts of the rules what became of the release: `fate` = `good` or `bad`
/// under (settle, its unit). What the steps leave for later ones and for `details`:
///   resolve   `commit`, and `commit:STACK` where repositories differ
///   inspect   `fault.N.code`, `.text`, `.mend`: all that is wrong; `have_commit`: for bundles
///   baseline  `baseline`: `up` or `none`
///   foresee   what release/foresee.hpp says
///   restore   `restored`: a release, `none` (nothing ran before), or `untouched`
expected<job> make_job(const job_context& context);
step_outcome read_outcome(const job_context& context, const job_end& end);

} // namespace baton::release
