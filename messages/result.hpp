#pragma once

#include "messages/error.hpp"
#include "messages/policy.hpp"
#include "messages/time.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton {

/// What a host serves, worst last: with several stacks the worst counts.
enum class serves : std::uint8_t { new_release, old_release, none, mixed, unknown };

enum class run_state : std::uint8_t { queued, running, waiting, rolling_back, finished };

enum class phase_outcome : std::uint8_t { ok, failed, skipped, not_run, cancelled };

/// A host's line of the verdict.
struct host_verdict {
  enum serves serves = serves::unknown;
  std::optional<bool> healthy;
  std::string commit;
  std::string release;
  std::map<std::string, host_verdict> stacks; ///< only where a host carries several
};

/// What a phase did on one host.
struct host_details {
  phase_outcome outcome = phase_outcome::not_run;
  int attempts = 0;
  double duration_seconds = 0;
  std::optional<std::string> error;
  std::vector<std::string> notes; ///< warnings and facts worth a line: "snapshot kept", "no check"
};

/// An entry of `details`.
struct phase_details {
  phase_outcome outcome = phase_outcome::not_run;
  int attempts = 0;
  double duration_seconds = 0;
  std::optional<std::string> error;
  std::string by;      ///< `guard` when a guard found it; else empty
  std::string skipped; ///< why, when skipped
  std::map<std::string, host_details> hosts;
  std::map<std::string, std::string> facts; ///< counts of tests, name of the snapshot …
};

/// The truthful result of a run.
struct result {
  int schema = 1;
  std::string run;
  std::optional<enum status> status; ///< empty: unfinished
  run_state state = run_state::running;
  std::string phase; ///< that decided the verdict
  std::vector<std::string> systems_deployed;
  double duration_seconds = 0;
  std::optional<error> why; ///< `error` and `error_detail` on the wire
  bool cancelled = false;
  std::string cancelled_by; ///< `SIGINT`, `SIGTERM`, `SIGHUP`, `baton cancel`
  std::vector<std::string> rollback_failed;
  std::map<std::string, host_verdict> hosts;
  std::vector<std::string> host_order; ///< of `hosts`: as the stages have them
  std::vector<std::pair<std::string, phase_details>> details; ///< in the plan's order
  std::vector<std::string> changed;                           ///< hosts this run changed
  std::string environment, commit, release, fleet;
  std::string retries, returns_to;   ///< as in the plan
  std::vector<std::string> warnings; ///< what a person should know: kept snapshots, left copies
  int exit_code = 0;                 ///< of the process
};

std::string_view to_string(serves value) noexcept; ///< `new`, `old`, `none`, `mixed`, `unknown`
std::string_view to_string(run_state value) noexcept;
std::string_view to_string(phase_outcome value) noexcept;

} // namespace baton
