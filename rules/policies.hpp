#pragma once

#include "messages/fleet.hpp"

#include <string>
#include <vector>

namespace baton {

/// A policy, name or order that makes no sense, whatever the hosts do.
struct policy_fault {
  std::string where; ///< path in baton.yaml: `stages.vps.on_failure`
  std::string what;  ///< what is wrong and what to write instead, one sentence
};

/// Everything senseless in a fleet that its file's schema lets through, in the file's order: names
/// that nobody knows or that mean something else already, hosts twice in an environment, policies
/// that contradict themselves. Empty: a plan can be made for each environment.
std::vector<policy_fault> check_policies(const fleet& of);

} // namespace baton
