#pragma once

#include "messages/error.hpp"
#include "messages/plan.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace baton {

/// The ids of a run to be; drawn outside, since rules know no randomness.
struct run_ids {
  std::string run;     ///< sortable by time
  std::string release; ///< of what this run would make serve
};

/// What a run has of another one, where it does not begin by itself.
struct plan_origin {
  std::string retries;          ///< as in the plan
  std::string returns_to;       ///< as in the plan
  std::set<std::string> stages; ///< of the environment, those that are in it; empty: all
  std::map<std::string, std::string> commits; ///< as in the plan
  std::map<std::string, std::string> recalls; ///< as in the plan
};

/// Freezes what `asked` means for this fleet: every phase, step, target, deadline and policy.
/// The fleet must have passed the config check (check_policies). `at` and `by` are only kept.
///
/// The order is pre_flight, secrets_sync, snapshots, then the environment's stages with a guard
/// before each but the first; `tests` (with a guard, when something is deployed already) after the
/// leading staging stages, before any other; stages of the fleet outside the environment as
/// skipped phases; verification last. A retry and a rollback test nothing anew; a rollback resolves
/// no ref and syncs no secrets: what it brings back has its own. Units of one host stand side by
/// side in `units`, the host as such first; the controller is unit 0. Assignments of a step are
/// sorted by unit.
///
/// Errors: ec::config_invalid (unknown environment or stage), ec::usage (a ref no git would take,
/// or a stage that is not in the environment).
expected<plan> make_plan(const fleet& from, const request& asked, const run_ids& ids, time_point at,
                         const std::string& by, const plan_origin& origin = {});

/// The unit of the host as such on which a unit lives; of the controller: itself.
unit_id host_unit(const plan& of, unit_id which);

/// The (host, stack) units of a host: [first, second).
std::pair<unit_id, unit_id> stacks_of(const plan& of, unit_id host);

/// Index into `phases` of the deploy phase of a stage of the plan.
std::size_t deploy_phase(const plan& of, std::size_t stage);

/// Whether a rollback of this stage may go back to the snapshot that the run took.
bool rolls_back_by_snapshot(const stage& one);

/// Whether the secrets' script may write to every host of the fleet, in the run's stages or not.
bool may_write_secrets_everywhere(const fleet& in);

} // namespace baton
