#pragma once

#include "messages/json.hpp"

#include <string>
#include <vector>

namespace baton::overhead {

/// One thing that a run asked of a target.
struct command {
  std::string target; ///< `controller` or a host
  std::string verb;   ///< `acquire` and `release` (the lease), `effect` and `look` (a step)
  std::string id;     ///< of the step
  std::string script; ///< as the target gets it, without the prelude of the step protocol
  int deadline_seconds = 60;
};

/// What one unit does, one after the other.
using lane = std::vector<command>;

/// What may be done at the same time. One part ends before the next begins.
using part = std::vector<lane>;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(command, target, verb, id, script, deadline_seconds)

} // namespace baton::overhead
