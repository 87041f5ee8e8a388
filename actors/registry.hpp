#pragma once

#include "actors/host/parts.hpp"
#include "messages/actors.hpp"

#include <map>
#include <memory>
#include <string>

namespace baton {

struct registry_state {
  static inline const char* name = "registry";
  std::map<std::string, host_actor> hosts; ///< by the key that find_target names
  std::shared_ptr<const fleet> of;
  std::shared_ptr<const host_house> house;
};

/// Owns the host actors: spawns each when it is first asked for, and again after one has died.
/// When the registry ends, they end.
registry_actor::behavior_type registry(registry_actor::stateful_pointer<registry_state> self,
                                       std::shared_ptr<const fleet> of,
                                       std::shared_ptr<const host_house> house);

} // namespace baton
