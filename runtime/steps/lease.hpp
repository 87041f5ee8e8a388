#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton {

/// Asks for the right to change a target.
struct lease_request {
  std::string run;   ///< run id: the owner's identity; asking again with it is idempotent
  std::string owner; ///< one line of JSON for people and take-over: user, controller, boot id, pid,
                     ///< start time; at most 4 KiB
  /// The fence given is at least this: for targets that a snapshot has set back. 0: no matter.
  std::uint64_t fence_at_least = 0;
  /// The run has the lease already: `lease_lost` where it has it no longer, be it that nobody has.
  /// Of no meaning to `lease_take`.
  bool again = false;
};

/// Who owns a target, as the target tells it.
struct lease_owner {
  std::string run;
  std::string owner; ///< what it gave as `lease_request::owner`
  /// Seconds since its last heartbeat by the target's own uptime; empty when that is not known
  /// (other boot, never beaten).
  std::optional<double> heartbeat_age;
  bool same_boot = false; ///< the target has not been rebooted since the last heartbeat
  /// Seconds without any sign of life from it, by the target's own uptime: since its last
  /// heartbeat; where the target has booted since then, at least since that.
  double silent = 0;
};

/// Takes a lease from an owner that is known to be dead.
struct lease_succession {
  lease_request mine;
  std::string from;                 ///< the run that has it, as the target told it
  std::uint64_t fence = 0;          ///< of that lease: another one is not taken
  std::uint64_t silent_seconds = 0; ///< the owner must have been silent for so long
};

/// For people: `run 20260131-0905-c0ffee of root@laptop (process 4711), last sign of life 5 s ago`.
std::string describe(const lease_owner& owner);

/// The same without its signs of life.
std::string name_of(const lease_owner& owner);

/// The answer to `lease_acquire`, `lease_take`, `lease_show` and `lease_break`.
struct lease_report {
  /// Acquired: the number that this owner's steps carry. Else the target's present fence.
  std::uint64_t fence = 0;
  /// acquire: who has it instead of us; empty = it is ours now. show: who has it; empty = it is
  /// free. break: who had it.
  std::optional<lease_owner> holder;
  /// Acquired: from whom it was taken, with steps that may still run there. They are to be ended
  /// before anything is begun, and `lease_ended` to be said. Only `run` and `owner` are known.
  std::vector<lease_owner> to_end;
};

} // namespace baton
