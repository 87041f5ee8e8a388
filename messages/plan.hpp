#pragma once

#include "messages/fleet.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton {

/// What a user or a program asks for.
struct request {
  std::string commit_hash = "main"; ///< branch, tag or commit
  std::string environment;          ///< empty: the fleet's default
  bool rollback_on_failure = true;
  bool skip_tests = false;
};

/// What a step speaks of: one stack on one host, or a host as such, or the controller.
struct unit {
  std::string host;  ///< a host's name, or `controller`
  std::string stack; ///< empty: the target as such
  bool operator==(const unit&) const = default;
};

/// Index into `plan::units`.
using unit_id = std::size_t;

enum class phase_kind : std::uint8_t {
  pre_flight,
  secrets_sync,
  snapshots,
  deploy, ///< one per stage
  guard,  ///< the look between phases; no entry in `details`
  tests,
  verification,
  rollback, ///< one per stage, beside the forward order
  ending,   ///< beside the forward order: settle, last look, release of the leases
};

/// What a step does. The comment says on whose unit; `*` = changes the host (a run that has begun
/// such a step there owes a rollback).
enum class step_kind : std::uint8_t {
  resolve,          ///< controller: ref → commit of every repository
  lease,            ///< host: acquire the lease
  inspect,          ///< host: pre-flight look; unit (host, stack) where there is a stack
  baseline,         ///< (host, stack): record what runs as the baseline when no record exists
  save_secrets,     ///< host *: copy the secret files beside themselves
  sync_secrets,     ///< where the script runs, or each host (built-in driver) *
  compare_secrets,  ///< host: are the files what they should be
  create_snapshot,  ///< host *
  prepare,          ///< (host, stack): fetch, worktree, config check, pull or build
  activate,         ///< (host, stack) *: checkout, tag, up; the first touch
  gate,             ///< (host, stack): look until healthy and steady, serving what it should
  guard,            ///< (host, stack): one look, with patience for an unreachable host
  run_tests,        ///< controller or host
  verify,           ///< (host, stack): as gate
  verify_checks,    ///< controller: the checks of verification
  restore,          ///< (host, stack) *: the whole last good release, its secrets too
  restore_snapshot, ///< host *: snapshot rollback, lease raised again
  put_back_secrets, ///< host *: the saved files again
  delete_snapshot,  ///< host: the run's own
  settle,           ///< (host, stack): record the release's fate, prune by retention
  look,             ///< (host, stack): what serves, how healthy; changes nothing
  foresee,          ///< (host, stack): what a deployment would change there; changes nothing
  release_lease,    ///< host
};

/// Where one unit's step runs.
struct assignment {
  unit_id of = 0;
  std::string target; ///< `controller` or a host; often the unit's host
};

/// One kind of step inside a phase, on all the units it concerns.
struct step_spec {
  step_kind kind = step_kind::look;
  std::vector<assignment> on;
  duration deadline{0};
  bool barrier = false;   ///< no unit goes on until every unit of the phase is through this step
  bool changes = false;   ///< see step_kind
  bool repeatable = true; ///< a step whose fate is lost may simply be done again
};

/// A node of the plan.
struct phase {
  std::string id; ///< `pre_flight`, a stage's name, `guard:NAME`, `rollback:STAGE`, `ending` …
  phase_kind kind = phase_kind::deploy;
  std::optional<std::size_t>
      stage; ///< index into `plan::stages`, for deploy, guard's next, rollback
  std::vector<step_spec> steps;
  retry_policy retry;
  failure_policy on_failure;
  bool report_all = false; ///< pre_flight: one unit's failure does not stop the others
  std::optional<std::string>
      skipped; ///< why it is not in this run: `skip_tests`, `environment`, `no driver`
};

/// The resolved, frozen plan of a run: its first event.
struct plan {
  int version = 1;
  std::string run;        ///< id of the run; sortable by time
  std::string release;    ///< id of the release this run makes
  struct request request; ///< environment filled in
  time_point requested_at;
  std::string requested_by;   ///< user@controller
  std::string requested_from; ///< `ssh 192.0.2.7, pts/3`, as far as it is known
  std::string verb;           ///< that asked for it: `deploy`, `secrets sync`
  std::string retries;        ///< a run whose failed stages this one does again; else empty
  std::string returns_to;     ///< of a rollback that was asked for: a run or commit; else empty
  std::map<std::string, std::string> commits; ///< by stack, where they are known before
  std::map<std::string, std::string> recalls; ///< a rollback's: kept releases by unit's name
  struct fleet fleet;                         ///< as the file said it when the run began
  std::vector<stage> stages;                  ///< of the environment, in order
  std::vector<std::string> hosts; ///< that the run may change (leased), in the one order of leases
  std::vector<unit> units;
  std::vector<phase> phases;   ///< in order; those of `details` and the guards between them
  std::vector<phase> rollback; ///< one per stage, same index as `stages`
  phase ending;
};

std::string_view to_string(phase_kind value) noexcept;
std::string_view to_string(step_kind value) noexcept;

/// `host` or `host/stack` as it stands in step ids, events and logs; the stack is left out where
/// the plan has only one on that host.
std::string unit_name(const plan& of, unit_id which);

/// `run/phase/unit/attempt/step`: the deterministic id of a step.
std::string step_id(const plan& of, std::string_view phase, step_kind kind, unit_id which,
                    int attempt);

} // namespace baton
