#pragma once

#include "messages/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace baton::simulate {

class process;

/// What lies in the folder of a step: see runtime/steps/supervisor.sh.
struct step_record {
  bool is_look = false;
  std::string attempt;
  std::string boot;       ///< under which it was started
  bool claimed = false;   ///< the worker has it
  std::optional<int> end; ///< exit status; unclaimed: why not (201 stale, 202 known, 203 cannot)
  std::string why = "-";  ///< it was stopped: `deadline`, `kill`
  bool is_over = false;   ///< its supervisor has done all
  std::string facts, log;
};

struct lease_file {
  std::string run, owner;
};

/// Baton's folder on a machine: the fence with the lease and the claims in it, and the steps. A
/// value, so that a snapshot of it is a copy.
struct state_folder {
  std::uint64_t fence = 0;
  std::optional<lease_file> lease;
  std::optional<duration> beat; ///< uptime at the owner's last heartbeat
  std::string beat_boot;
  std::map<std::string, std::string> now_by; ///< by run: the owner's line of who goes on with it
  std::map<std::string, std::string> to_end; ///< by run: from whom the lease was taken
  std::map<std::string, step_record> steps;  ///< by `RUN STEP`, as requests name them

  /// Raises the fence and takes the lease away. `old_run`: what it has begun is still to be ended.
  void give_up(const std::string& old_run);
  const std::string& owner() const;
};

} // namespace baton::simulate
