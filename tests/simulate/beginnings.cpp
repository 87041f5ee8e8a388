#include "tests/simulate/world.hpp"

#include "tests/simulate/process.hpp"

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

} // namespace baton::simulate
