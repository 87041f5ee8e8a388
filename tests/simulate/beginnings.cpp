#include "tests/simulate/world.hpp"

#include "tests/simulate/process.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

/// Promises that are judged at the moment in which a machine begins a step.

namespace baton::simulate {

namespace {

std::string told_of(const step_script& script) {
  return script.id + " on " + script.target;
}

} // namespace

void world::judge_beginning(machine& on, const std::string& folder, const step_script& script,
                            bool is_look) {
  bool is_known = false;
  for (const auto& [name, one] : controllers)
    is_known = is_known || one->journal().begun.contains(script.id);
  if (!is_known)
    break_promise("journal before effect: " + told_of(script)
                  + " begins, and no journal has its intent");
  if (!is_look) {
    tell(on.name(), "begins " + script.id);
    for (const auto& one : seen)
      if (!one.is_look && one.script.id == script.id)
        break_promise("a step is done once: " + told_of(script) + " begins again");
    const auto& here = on.folder(folder);
    if (!here.lease || here.lease->run != script.run)
      break_promise("one owner: " + told_of(script) + " begins, and the lease is "
                    + (here.lease ? "that of " + here.lease->run : "nobody's"));
    for (const auto& [attempt, other] : on.processes)
      if (other->script().run != script.run && other->worker_lives() && !other->is_look()
          && other->folder() == folder)
        break_promise("one owner: " + told_of(script) + " begins, and " + other->script().id
                      + " still runs");
  }
  seen.push_back({clock.now(), on.name(), folder, script, is_look});
}

/// Only a dead owner's lease is taken: one whose process is gone, or of which nothing could be
/// heard for as long as the fleet's file says. A run that has its verdict owns nothing.
void world::judge_taking(const machine& on, const std::string& run, const std::string& owner,
                         duration silent) {
  const bool has_ended = std::any_of(ended.begin(), ended.end(),
                                     [&](const auto& one) { return one.plan->run == run; });
  const auto told_by = nlohmann::json::parse(owner, nullptr, false);
  const bool is_excused = on.troubled_at() >= clock.now() - silent;
  if (!told_by.is_object() || has_ended || (silent >= plot.of.lease_dead_after && is_excused))
    return;
  const auto whose = controllers.find(told_by.value("controller", ""));
  if (whose != controllers.end()
      && whose->second->process_lives(std::to_string(told_by.value("pid", 0))))
    break_promise("a live owner keeps its lease: " + on.name() + " is taken from run " + run);
}

} // namespace baton::simulate
