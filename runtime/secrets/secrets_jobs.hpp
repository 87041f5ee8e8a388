#pragma once

#include "runtime/job.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The steps of the phase secrets_sync, and the one that takes it back. No content, and no digest
/// that would tell something to somebody without its key, gets into arguments, facts or errors.

namespace baton {

/// Copies of the files under `places.to` on this host, in its state folder. A later attempt of the
/// same run keeps what the first has saved. Facts: `saved`, the number of places.
expected<job> save_secrets_job(const job_context& context);
step_outcome save_secrets_outcome(const job_context& context, const job_end& end);

/// The user's script with `test`, `status`, `sync`, on whatever target the step has; or, built in,
/// the files of the controller onto a host. May fail at once when a file cannot be read here.
expected<job> sync_secrets_job(const job_context& context);
step_outcome sync_secrets_outcome(const job_context& context, const job_end& end);

/// Whether the files are what they should be; error secrets_failed names those that are not.
expected<job> compare_secrets_job(const job_context& context);
step_outcome compare_secrets_outcome(const job_context& context, const job_end& end);

/// The saved files again: content, mode, owner, or their absence. The copies go with it.
expected<job> put_back_secrets_job(const job_context& context);
step_outcome put_back_secrets_outcome(const job_context& context, const job_end& end);

/// The user's script alone, for `baton secrets test|status|sync`; verbs are ours. `hosts` is
/// BATON_HOSTS. For the controller the script runs in the folder of baton.yaml, else in the home
/// folder. Its outcome: facts `script_verb` and `script_status` when a verb failed; with
/// `compared`, the digests of those files, by the file `key` of the job.
job secrets_script_job(const fleet& of, std::string_view target,
                       const std::vector<std::string>& hosts, const std::vector<std::string>& verbs,
                       const std::vector<std::string>& compared = {});

/// Text for scripts of other steps that put back (`put_back_secrets_of RUN`) or drop
/// (`drop_saved_secrets RUN`) what was saved: secrets_lib.sh, to stand after lib.sh.
std::string_view secrets_lib();

} // namespace baton
