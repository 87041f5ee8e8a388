#pragma once

#include "actors/host/link.hpp"
#include "rules/dead_owner.hpp"

#include <functional>
#include <string>
#include <vector>

/// A target's lease, taken by whoever needs it: a host actor, or a command without a run.
/// Everything happens on the thread of the link, which must be ready, and outlive what was begun
/// here.

namespace baton {

/// A lease that is ours now.
struct taken_lease {
  std::uint64_t fence = 0;
  /// Who had it before, and was dead: what it had begun has been ended. Empty: nobody.
  std::vector<lease_owner> from;
};

/// Asks for the lease, and takes it from an owner that `judge` calls dead. What that one had begun
/// is ended before `then` is called. Error `lease_held` names the owner and what to do.
void take_lease(link& over, const timers& clock, const std::string& target,
                const lease_request& what,
                std::function<succession(const lease_owner&)> judge, // empty: nobody is dead
                std::function<void(expected<taken_lease>)> then);

/// Ends the effects of a run. Answers those that could not be ended.
void end_steps_of(link& over, const timers& clock, const std::string& run,
                  std::function<void(expected<std::vector<std::string>>)> then);

/// For people: from whom a target was taken, and what that means.
std::string told_of(const std::string& target, const std::vector<lease_owner>& from);

} // namespace baton
