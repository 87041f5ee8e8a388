#include "rules/policies.hpp"
#include "runtime/config/read_fleet.hpp"

#include <algorithm>
#include <filesystem>
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
      const auto in_stage = root["stages"].named(stage.name);
      const auto own = root["stacks"].present() ? root["stacks"].named(stack.name) : root["stack"];
      const auto at = (in_stage["command"].present() ? in_stage : own)["command"];
      if (engine->start.empty())
        at.missing("start", "how the stack is brought up");
      if (engine->stop.empty())
        at.missing("stop", "without it nothing could be taken back where nothing ran");
      if (engine->status.empty())
        at.missing("status", "without it nobody knows whether it runs");
    }
}

/// `~//app/` is `~/app`.
std::string plain_path(const std::string& path) {
  auto plain = std::filesystem::path{path}.lexically_normal().string();
  while (plain.size() > 1 && plain.back() == '/')
    plain.pop_back();
  return plain;
}

/// Two stacks that share a folder on a host would overwrite each other.
void check_paths(const view& root, const fleet& of) {
  std::map<host_and, std::string> owner;
  for (const auto& stage : of.stages)
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks) {
        const auto path = plain_path(stack.path);
        if (path == "/" || path == "~" || path == ".") // ~/.. is what `.` came from
          root["stages"]
              .named(stage.name)
              .fault("the checkout of stack " + stack.name + " on " + host + " would be "
                         + stack.path + " itself",
                     "give it a folder of its own");
        const auto [known, is_new] = owner.try_emplace({host, path}, stack.name);
        if (!is_new && known->second != stack.name)
          root["stages"]
              .named(stage.name)
              .fault("stacks " + known->second + " and " + stack.name + " share the folder "
                         + stack.path + " on " + host,
                     "give each its own path");
      }
}

/// One part of a path in the other: what was said of one need not be said of the other.
bool related(const std::string& one, const std::string& other) {
  const auto& shorter = one.size() < other.size() ? one : other;
  const auto& longer = one.size() < other.size() ? other : one;
  if (!longer.starts_with(shorter))
    return false;
  return longer.size() == shorter.size() || longer[shorter.size()] == '.'
         || longer[shorter.size()] == '[';
}

std::string parent_of(const std::string& path) {
  const auto end = path.find_last_of(".[");
  return end == std::string::npos ? std::string{} : path.substr(0, end);
}

/// Whether a fault explains another: it lies on the same way, or is a misspelt neighbour.
bool explains(const config_fault& fault, const std::string& path) {
  return related(fault.path, path)
         || (fault.what == unknown_key && parent_of(fault.path) == parent_of(path));
}

/// A key of the top that is missing or misspelt makes everything look senseless.
bool of_the_top(const config_fault& fault) {
  return fault.path.find_first_of(".[") == std::string::npos;
}

/// What the rules would not understand.
void check_senses(const view& root, const fleet& of) {
  const auto& known = root.faults();
  if (std::ranges::any_of(known, of_the_top))
    return;
  auto senseless = check_policies(of);
  std::erase_if(senseless, [&](const policy_fault& one) {
    return std::ranges::any_of(
        known, [&](const config_fault& fault) { return explains(fault, one.where); });
  });
  for (const auto& one : senseless)
    root.fault_at(one.where, one.what);
}

} // namespace

void check_fleet(const view& root, const fleet& of) {
  check_engines(root, of);
  check_paths(root, of);
  check_senses(root, of);
}

} // namespace baton
