#include "runtime/config/read_fleet.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace baton {

namespace {

using host_and = std::pair<std::string, std::string>;

void check_engines(const view& root, const fleet& of) {
  std::set<std::string> told;
  for (const auto& stage : of.stages)
    for (const auto& stack : stage.stacks) {
      const auto* engine = std::get_if<command_engine>(&stack.engine);
      if (!engine || !told.insert(stack.name).second)
        continue;
      const auto in_stage = root["stages"][stage.name];
      const auto own = root["stacks"].present() ? root["stacks"][stack.name] : root["stack"];
      const auto at = (in_stage["command"].present() ? in_stage : own)["command"];
      if (engine->start.empty())
        at.missing("start", "how the stack is brought up");
      if (engine->stop.empty())
        at.missing("stop", "without it nothing could be taken back where nothing ran");
      if (engine->status.empty())
        at.missing("status", "without it nobody knows whether it runs");
    }
}

/// Two stacks that share a folder on a host would overwrite each other.
void check_paths(const view& root, const fleet& of) {
  std::map<host_and, std::string> owner;
  for (const auto& stage : of.stages)
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks) {
        const auto [known, is_new] = owner.try_emplace({host, stack.path}, stack.name);
        if (!is_new && known->second != stack.name)
          root["stages"][stage.name].fault("stacks " + known->second + " and " + stack.name
                                               + " share the folder " + stack.path + " on " + host,
                                           "give each its own path");
      }
}

/// A run deploys a stack to a host once.
void check_environments(const view& root, const fleet& of) {
  for (const auto& environment : of.environments) {
    std::map<host_and, std::string> stage_of;
    for (const auto& name : environment.stages) {
      const auto* stage = find_stage(of, name);
      if (!stage)
        continue;
      for (const auto& host : stage->hosts)
        for (const auto& stack : stage->stacks) {
          const auto [known, is_new] = stage_of.try_emplace({host, stack.name}, name);
          if (is_new || known->second == name)
            continue;
          const auto at = root["environments"].present() ? root["environments"][environment.name]
                                                         : root["stages"][name];
          at.fault("deploys " + stack.name + " to " + host + " twice, in the stages "
                       + known->second + " and " + name,
                   "a host gets a stack in one stage of an environment");
        }
    }
  }
}

} // namespace

void check_fleet(const view& root, const fleet& of) {
  check_engines(root, of);
  check_paths(root, of);
  check_environments(root, of);
}

} // namespace baton
