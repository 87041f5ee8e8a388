#pragma once

#include "messages/actors.hpp"

#include <map>
#include <string>

namespace baton {

struct phase_state {
  static inline const char* name = "phase";
  struct under_way {
    work_order order;
    host_actor at; ///< null while the registry looks for the target
    bool stopped = false;
  };
  std::map<std::string, under_way> running; ///< by step id
  registry_actor registry;
  supervisor_actor supervisor;
};

/// One phase of a run. It knows no rules: it fans out, waits, and reports. A target that dies or
/// does not answer in time becomes a failed step.
phase_actor::behavior_type phase_worker(phase_actor::stateful_pointer<phase_state> self,
                                        registry_actor registry, supervisor_actor supervisor);

} // namespace baton
