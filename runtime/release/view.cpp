#include "runtime/release/view.hpp"

#include "runtime/checks/words.hpp"
#include "runtime/release/engine_text.hpp"

#include <algorithm>
#include <set>
#include <sstream>

namespace baton::release {

namespace {

constexpr const char* unrecorded = "unrecorded";

/// A line of the lists that command.sh keeps: `PID START RELEASE`.
struct process {
  std::string pid, start, release;
  std::string identity() const { return pid + ' ' + start; }
};

std::vector<process> processes_of(const std::string& text) {
  std::vector<process> all;
  for (const auto& line : lines_of(text)) {
    std::istringstream words{line};
    process one;
    if (words >> one.pid >> one.start >> one.release)
      all.push_back(std::move(one));
  }
  return all;
}

bool has_line(const std::string& text, const std::string& line) {
  const auto lines = lines_of(text);
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

/// One more answer to whether all is well.
void add(unit_view& view, bool well, const std::string& ill) {
  view.healthy = view.healthy.value_or(true) && well;
  if (!well)
    view.ill.push_back(ill);
}

void read_command(const facts& told, bool only_what_was_healthy, unit_view& view) {
  view.releases = running_commands(told);
  if (view.releases.empty())
    return;
  const auto status = told.find("look.status");
  const bool asked =
      status != told.end()
      && (!only_what_was_healthy || has_line(get(told, "look.baseline_healthy"), "status"));
  if (asked)
    add(view, status->second == "0",
        "status: ended with " + status->second + " " + get(told, "look.said"));
}

void read_checks(const facts& told, const stack_of& of, bool only_what_was_healthy,
                 unit_view& view) {
  if (!told.contains("look.checks"))
    return; // the pre-flight look asks no checks, which says nothing about them
  const auto answers = check_answers(get(told, "look.checks"));
  const auto& checks = of.stack->health.checks;
  for (const auto n : own_checks(of)) {
    const auto number = std::to_string(n);
    if (only_what_was_healthy && !has_line(get(told, "look.baseline_checks"), number))
      continue;
    const auto answer = answers.find(number);
    const auto why = answer == answers.end() ? std::string{"was not made"} : answer->second;
    add(view, why == "ok", shown_check(checks[n], check_address(of)) + ": " + why);
  }
}

/// That a release's record names; empty where there is none.
std::string commit_of(const facts& told, const std::string& release) {
  for (const auto& line : lines_of(get(told, "look.commits")))
    if (line.starts_with(release + ' '))
      return line.substr(release.size() + 1);
  return {};
}

} // namespace

std::vector<std::string> running_commands(const facts& told) {
  std::set<std::string> companions;
  for (const auto& one : processes_of(get(told, "look.companions")))
    companions.insert(one.identity());
  std::set<std::string> main;
  std::set<std::string> left;
  for (const auto& one : processes_of(get(told, "look.processes")))
    (companions.contains(one.identity()) ? left : main).insert(one.release);
  // What an earlier release left behind counts only when there is nothing else.
  const auto& seen = main.empty() ? left : main;
  if (!seen.empty())
    return {seen.begin(), seen.end()};

  // No process carries our mark: a service of the system, or one that cleans its environment.
  const auto running = get(told, "look.running");
  const bool was_seen = !get(told, "look.recorded").empty();
  const auto status = told.find("look.status");
  if (status != told.end() && status->second == "0")
    return {running.empty() ? unrecorded : running};
  // Its process was known and is gone; or nothing was ever started.
  if (was_seen || running.empty())
    return {};
  return {running};
}

unit_view read_view(const facts& told, const stack_of& of) {
  unit_view view;
  view.seen = get(told, "look.done") == "yes";
  view.commit = get(told, "look.head");
  view.last_good = get(told, "look.last_good");
  const auto baseline = get(told, "look.baseline_state");
  if (!baseline.empty() && baseline != "none")
    view.baseline = "baseline";
  // Back on the baseline, the gate asks only for what was healthy then.
  const bool only_what_was_healthy = get(told, "look.current") == "baseline";
  if (get(told, "look.engine") == "command")
    read_command(told, only_what_was_healthy, view);
  else
    read_containers(told, only_what_was_healthy, view);
  // The checkout may be ahead of what runs, or behind it, while something is amiss.
  if (view.releases.size() == 1)
    if (auto known = commit_of(told, view.releases.front()); !known.empty())
      view.commit = std::move(known);
  if (!view.releases.empty())
    read_checks(told, of, only_what_was_healthy, view);
  return view;
}

} // namespace baton::release
