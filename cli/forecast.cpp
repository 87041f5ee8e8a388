#include "cli/forecast.hpp"

#include "cli/json_or_null.hpp"
#include "cli/outcome_reader.hpp"
#include "cli/parts.hpp"
#include "cli/view/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace baton {

namespace {

std::string commit_for(const step_outcome& resolved, const std::string& stack) {
  const auto own = fact(resolved, "commit:" + stack);
  return own.empty() ? fact(resolved, "commit") : own;
}

void take_services(const step_outcome& seen, stack_forecast& into) {
  if (seen.why) {
    into.unknown = describe(*seen.why);
    return;
  }
  into.engine = fact(seen, "engine");
  into.unknown = fact(seen, "unknown");
  into.first = fact(seen, "first") == "yes";
  into.pulls = fact(seen, "pulled") == "yes";
  if (const auto serves = fact(seen, "serves"); !into.now.empty() && !serves.empty())
    into.now = serves;
  constexpr std::string_view prefix = "service.";
  for (const auto& [key, value] : seen.facts)
    if (key.starts_with(prefix))
      into.services[key.substr(prefix.size())] = value;
}

stack_forecast forecast_of(const plan& of, const outcome_reader& seen, unit_id which) {
  stack_forecast made;
  made.host = of.units[which].host;
  made.stack = of.units[which].stack;
  made.name = unit_name(of, which);
  if (const auto* resolved = seen.find(step_kind::resolve, 0))
    made.then = commit_for(*resolved, made.stack);
  const auto* inspected = seen.find(step_kind::inspect, which);
  if (inspected && inspected->view && inspected->view->seen) {
    if (!inspected->view->releases.empty())
      made.now = inspected->view->commit;
    if (inspected->why)
      made.refused = describe(*inspected->why);
  } else {
    made.unseen = inspected && inspected->why ? describe(*inspected->why) : "nobody has looked";
  }
  if (const auto* ahead = seen.find(step_kind::foresee, which))
    take_services(*ahead, made);
  return made;
}

std::string short_id(const std::string& commit) {
  return commit.empty() ? "nothing" : commit.substr(0, 12);
}

/// `new: a, b; the same: c`
std::string services_text(const std::map<std::string, std::string>& services) {
  constexpr std::array<std::pair<const char*, const char*>, 5> words{{{"new", "new"},
                                                                      {"changed", "changed"},
                                                                      {"rebuilt", "rebuilt"},
                                                                      {"gone", "gone"},
                                                                      {"same", "the same"}}};
  std::string text;
  for (const auto& [word, shown] : words) {
    std::string names;
    for (const auto& [name, change] : services)
      if (change == word)
        names += (names.empty() ? "" : ", ") + name;
    if (!names.empty())
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", shown, names);
  }
  return text.empty() ? "no services" : text;
}

std::string change_text(const stack_forecast& of) {
  if (!of.refused.empty())
    return "would be refused: " + of.refused;
  if (!of.unknown.empty())
    return "which services change is not known: " + of.unknown;
  if (of.first)
    return "all of it is new: nothing was deployed there yet";
  if (of.engine == "command")
    return "started again as a whole";
  return of.engine.empty() ? "" : services_text(of.services);
}

} // namespace

bool stack_forecast::changes() const {
  return now != then || std::any_of(services.begin(), services.end(), [](const auto& service) {
           return service.second != "same";
         });
}

bool forecast::changes() const {
  return std::any_of(stacks.begin(), stacks.end(),
                     [](const stack_forecast& one) { return one.changes(); });
}

bool forecast::all_seen() const {
  return std::all_of(stacks.begin(), stacks.end(),
                     [](const stack_forecast& one) { return one.unseen.empty(); });
}

forecast look_ahead(const cli_context& context, const workspace& in, const request& asked) {
  part which;
  which.phases["pre_flight"] = {step_kind::resolve};
  which.phases["verification"] = {};
  auto todo = plan_of_part(*in.fleet, asked.environment, which);
  todo.request.commit_hash = asked.commit_hash;
  // The pre-flight's look and the one ahead, in place of what a verification does.
  look_instead_of_verifying(todo, {step_kind::inspect, step_kind::foresee},
                            in.fleet->deadlines.pre_flight);
  const auto of = std::make_shared<const plan>(std::move(todo));
  const auto seen = std::make_shared<outcome_reader>();
  run_options how;
  how.journaled = false;
  how.announced = false;
  how.progress = "quiet";
  how.also = seen;
  const auto told = carry_out(context, in, of, how);
  forecast made;
  const auto* resolved = seen->find(step_kind::resolve, 0);
  if (!resolved || resolved->why) {
    made.why = resolved ? resolved->why : told.why;
    if (!made.why)
      made.why = unexpected(ec::cancelled, "nobody has resolved the ref").value();
    return made;
  }
  made.commit = fact(*resolved, "commit");
  for (const auto& stage : of->stages)
    for (const auto& host : stage.hosts)
      for (unit_id unit = 0; unit < of->units.size(); ++unit)
        if (of->units[unit].host == host && !of->units[unit].stack.empty())
          made.stacks.push_back(forecast_of(*of, *seen, unit));
  return made;
}

std::string forecast_text(const forecast& of) {
  std::string text = "What serves, now -> then:\n";
  bool pulls = false;
  for (const auto& one : of.stacks) {
    const auto now = one.unseen.empty() ? short_id(one.now) : "not known";
    text += fmt::format("  {:<16} {} -> {}{}\n", one.name, now, short_id(one.then),
                        one.unseen.empty() && one.now == one.then ? " (the same)" : "");
    const auto change = one.unseen.empty() ? change_text(one) : "cannot be asked: " + one.unseen;
    if (!change.empty())
      text += wrapped(change, 6);
    pulls = pulls || one.pulls;
  }
  if (pulls)
    text +=
        wrapped("note: images are pulled by a deployment; a tag that was published anew changes "
                "its service, too",
                0);
  return text;
}

ordered_json to_json(const forecast& of) {
  ordered_json hosts = ordered_json::object();
  for (const auto& one : of.stacks) {
    ordered_json stack{{"now", one.now},
                       {"then", one.then},
                       {"known", one.unseen.empty()},
                       {"changes", one.changes()},
                       {"engine", one.engine},
                       {"services", nullptr},
                       {"unknown", or_null(one.unseen.empty() ? one.unknown : one.unseen)},
                       {"refused", or_null(one.refused)}};
    if (one.engine == "compose" && one.unknown.empty() && !one.first)
      stack["services"] = one.services;
    auto& host = hosts[one.host];
    if (host.is_null())
      host = {{"now", one.now}, {"then", one.then}, {"known", true}, {"changes", false}};
    host["known"] = host["known"].get<bool>() && one.unseen.empty();
    host["changes"] = host["changes"].get<bool>() || one.changes();
    host["stacks"][one.stack] = std::move(stack);
  }
  return hosts;
}

} // namespace baton
