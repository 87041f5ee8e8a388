#include "cli/parts.hpp"

#include "messages/json.hpp"
#include "rules/plan.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <utility>

namespace baton {

namespace {

constexpr const char* every_stage = "every stage";

/// An environment of all stages, where none is named.
fleet with_every_stage(fleet in) {
  environment all{every_stage, {}};
  for (const auto& stage : in.stages)
    all.stages.push_back(stage.name);
  in.environments.push_back(std::move(all));
  return in;
}

void keep(phase& one, const plan& of, const std::set<step_kind>& kinds, const part& which) {
  std::erase_if(one.steps, [&](step_spec& step) {
    std::erase_if(step.on, [&](const assignment& on) {
      const auto& host = of.units[on.of].host;
      const bool lends = step.kind == step_kind::lease && which.leased.count(host);
      return !which.hosts.empty() && host != controller_name && !which.hosts.count(host) && !lends;
    });
    return step.on.empty() || (!kinds.empty() && !kinds.count(step.kind));
  });
}

/// What a look at a host's stacks has seen, for people; empty where nobody has looked.
std::string seen_text(const host_verdict& seen) {
  if (seen.serves == serves::unknown)
    return "";
  if (seen.serves == serves::none)
    return ": nothing runs";
  return ": serves " + seen.commit.substr(0, 12) + (seen.healthy ? "" : ", nothing tells how well");
}

std::string line_of(const std::string& host, const host_details& told, const std::string& seen,
                    charset shows) {
  const bool good = told.outcome == phase_outcome::ok;
  const auto line = fmt::format(" {} {:<16} {}{}",
                                shows == charset::ascii ? (good ? "+" : "x") : (good ? "✔" : "✘"),
                                host, to_string(told.outcome), good ? seen : "");
  auto text = told.error ? line + ": " + *told.error : line;
  for (const auto& note : told.notes)
    text += "\n     " + note;
  return printable_lines(text, shows);
}

/// The controller, then the hosts in the file's order.
void print_for_people(const fleet& in, const phase_details& told, const result& all, bool looked) {
  std::vector<std::string> names{std::string{controller_name}};
  for (const auto& host : in.hosts)
    names.push_back(host.reach.name);
  bool explained = false;
  for (const auto& name : names) {
    const auto found = told.hosts.find(name);
    if (found == told.hosts.end())
      continue;
    explained = explained || found->second.error;
    const auto verdict = all.hosts.find(name);
    std::cout << line_of(name, found->second,
                         looked && verdict != all.hosts.end() ? seen_text(verdict->second) : "",
                         locale_charset());
  }
  if (told.error && !explained)
    std::cout << printable_lines(*told.error);
}

} // namespace

plan plan_of_part(const fleet& in, const std::string& environment, const part& which) {
  const auto all = with_every_stage(in);
  request asked;
  asked.environment = environment.empty() ? every_stage : environment;
  const auto run = new_run_id();
  auto made = make_plan(all, asked, {run, "r" + run},
                        std::chrono::time_point_cast<duration>(std::chrono::system_clock::now()),
                        who_asks());
  if (!made)
    throw command_failed{exit_code::usage, made.error()};
  for (auto& one : made->phases) {
    one.on_failure = {scope::none, status::failed, severity::none, after_failure::stop};
    const auto wanted = which.phases.find(one.id);
    if (wanted != which.phases.end() && !one.skipped)
      keep(one, *made, wanted->second, which);
    if (wanted == which.phases.end() || (one.steps.empty() && !one.skipped)) {
      one.steps.clear();
      one.skipped = "not asked for";
    }
  }
  std::erase_if(made->ending.steps,
                [&](const step_spec& step) { return !which.ending.count(step.kind); });
  return std::move(*made);
}

int run_part(const cli_context& context, const workspace& in, plan todo, const std::string& phase,
             bool as_json, bool journaled) {
  run_options how;
  how.journaled = journaled;
  how.announced = false;
  how.progress = is_terminal(2) && !as_json ? "auto" : "quiet";
  const auto told = carry_out(context, in, std::make_shared<const plan>(std::move(todo)), how);
  const auto found = std::find_if(told.details.begin(), told.details.end(),
                                  [&](const auto& one) { return one.first == phase; });
  if (found == told.details.end())
    throw command_failed{exit_code::internal, "there is no phase " + phase + "\n"};
  if (as_json)
    std::cout << dump(to_json(found->second)) << "\n";
  else
    print_for_people(*in.fleet, found->second, told, phase == "verification");
  if (told.why && !as_json && !found->second.error)
    std::cerr << describe(*told.why) << "\n";
  const bool good =
      found->second.outcome == phase_outcome::ok || found->second.outcome == phase_outcome::skipped;
  return good && told.status == status::success ? exit_code::ok : std::max(told.exit_code, 1);
}

} // namespace baton
