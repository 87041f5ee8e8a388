#pragma once

#include "runtime/job.hpp"

#include <string>
#include <string_view>

/// Host snapshots, by the user's `snapshot.sh` or a driver that is built in: what phase `snapshots`
/// and rollbacks do, and what pre-flight looks at.

namespace baton {

/// The name of a run's snapshot of a host: `baton-`, the run, and eight digits that are the fleet's
/// and host's own; at most 40 of `[a-z0-9-]`, so that Proxmox takes it too. Names of one host sort
/// by time as the runs of the fleet do.
std::string snapshot_name(const plan& of, std::string_view host);

/// Where a host keeps the step that rolls itself back, since its own snapshot may rewind every
/// other folder of ours. One for each run and host; `settle` removes it, once the step's end is
/// known.
std::string outside_folder(const std::string& run, const std::string& host);

/// Fact `name`. Makes it once, sees it in the list, and deletes the oldest of our own beyond
/// `keep`; what cannot be deleted is a note.
expected<job> create_snapshot_job(const job_context& context);
step_outcome create_snapshot_outcome(const job_context& context, const job_end& end);

/// Back to the snapshot this run has made. Facts `name`; `told_by`, the tool's command; and `seen`,
/// what shows that it happened, without which there is only the tool's word. Where that sets back
/// the target's own state folder the end may be lost though it was done: the host must be looked
/// at.
expected<job> restore_snapshot_job(const job_context& context);
step_outcome restore_snapshot_outcome(const job_context& context, const job_end& end);

/// Facts `deleted` or `kept`, and a note when it is kept; does not fail because of that.
expected<job> delete_snapshot_job(const job_context& context);
step_outcome delete_snapshot_outcome(const job_context& context, const job_end& end);

/// Part of a look: all that would stop the snapshots which this target makes, each as a `fault`
/// with what mends it. Empty when it makes none.
std::string snapshots_check_text(const plan& of, const std::string& target);

enum class snapshot_verb { list, create, rollback, remove };

/// One verb alone, for `baton snapshot`, to be run on the policy's `on`, else on the host. `list`
/// prints what the tool itself does. Error usage: a name that no snapshot can have, or the deletion
/// of one that does not begin with `baton-`, but by a script.
expected<job> snapshot_job(const snapshot_policy& policy, snapshot_verb verb,
                           const std::string& host, const std::string& name);

/// Reads the end of any of these jobs.
step_outcome snapshot_outcome(const job_context& context, const job_end& end);

} // namespace baton
