#include "tests/simulate/trial.hpp"

#include "tests/simulate/promises.hpp"
#include "tests/simulate/scenarios.hpp"

#include <algorithm>
#include <utility>

namespace baton::simulate {

namespace {

std::string line_of(const result& one) {
  std::string text{to_string(*one.status)};
  for (const auto& [host, line] : one.hosts)
    text += ' ' + host + ' ' + std::string{to_string(line.serves)};
  return text + ", phase " + one.phase + ", exit " + std::to_string(one.exit_code);
}

/// A controller that only dies, and is gone on with, comes to the verdict of one that lives.
void judge_against_undisturbed(world& one) {
  if (!has_only_crashes(one.plot) || one.ended.size() != 1)
    return;
  auto calm = one.plot;
  calm.misfortunes.clear();
  world other{one.seed, std::move(calm)};
  other.run();
  if (other.ended.size() != 1) {
    one.break_promise("the undisturbed run does not end");
    return;
  }
  const auto told = line_of(*one.ended.front().told);
  const auto meant = line_of(*other.ended.front().told);
  if (told != meant)
    one.break_promise("a resumed run comes to the verdict of an undisturbed one: " + told
                      + "; undisturbed: " + meant);
}

/// Routine is left out: intents, and steps that went well.
bool is_routine(const std::string& line) {
  return line.find("  journal") != std::string::npos
         && (line.find("step_started") != std::string::npos || line.ends_with(": ok"));
}

} // namespace

trial try_seed(std::uint64_t seed) {
  world one{seed, draw_scenario(seed)};
  one.run();
  judge_promises(one);
  judge_against_undisturbed(one);
  trial made;
  for (const auto& run : one.ended)
    made.ends.push_back(std::string{to_string(*run.told->status)} + " exit "
                        + std::to_string(run.told->exit_code));
  made.broken = one.broken;
  made.story = std::move(one.told).lines();
  return made;
}

std::string report_of(std::uint64_t seed, const trial& what, bool whole) {
  std::string text = "seed " + std::to_string(seed) + ": ";
  text += what.broken.empty() ? "all promises are kept\n" : "a promise is broken\n";
  for (const auto& one : what.broken)
    text += "  " + one + '\n';
  for (const auto& line : what.story)
    if (whole || !is_routine(line))
      text += "    " + line + '\n';
  return text;
}

} // namespace baton::simulate
