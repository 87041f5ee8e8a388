#include "cli/parts.hpp"
#include "cli/view/plan_text.hpp"

#include "messages/json.hpp"
#include "rules/plan.hpp"
#include "runtime/log/redact_record.hpp"
#include "runtime/secrets/known_secrets.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <memory>

namespace baton {

namespace {

struct plan_flags {
  request asked;
  std::string ref;
  bool json = false;
};

std::string short_id(const std::string& commit) {
  return commit.empty() ? "nothing" : commit.substr(0, 12);
}

/// Resolves the ref and looks at the hosts; changes nothing.
result look_at_hosts(const cli_context& context, const workspace& in, const plan_flags& flags) {
  part which;
  which.phases["pre_flight"] = {step_kind::resolve};
  which.phases["verification"] = {step_kind::look};
  auto todo = plan_of_part(*in.fleet, flags.asked.environment, which);
  todo.request.commit_hash = flags.asked.commit_hash;
  for (auto& one : todo.phases) {
    if (one.id != "verification")
      continue;
    // One look at each unit, in place of the gate that a run has there.
    step_spec look;
    look.kind = step_kind::look;
    look.deadline = in.fleet->deadlines.pre_flight;
    for (unit_id of = 0; of < todo.units.size(); ++of)
      if (!todo.units[of].stack.empty())
        look.on.push_back({of, todo.units[of].host});
    one.steps = {look};
    one.skipped.reset();
    one.report_all = true;
  }
  run_options how;
  how.journaled = false;
  how.announced = false;
  how.progress = "quiet";
  return carry_out(context, in, std::make_shared<const plan>(std::move(todo)), how);
}

int show_plan(const cli_context& context, plan_flags flags) {
  const auto in = open_workspace(context);
  if (!flags.ref.empty())
    flags.asked.commit_hash = flags.ref;
  if (flags.asked.environment.empty())
    flags.asked.environment = in.fleet->default_environment;
  auto made = make_plan(*in.fleet, flags.asked, {"run", "release"}, {}, who_asks());
  if (!made)
    throw command_failed{exit_code::usage, describe(made.error()) + "\n"};
  const auto seen = look_at_hosts(context, in, flags);
  bool changes = false;
  ordered_json hosts = ordered_json::object();
  std::string text;
  for (const auto& stage : made->stages)
    for (const auto& host : stage.hosts) {
      const auto found = seen.hosts.find(host);
      const auto now = found == seen.hosts.end() ? "" : found->second.commit;
      const bool known = found != seen.hosts.end() && found->second.serves != serves::unknown;
      changes = changes || now != seen.commit;
      text += fmt::format("  {:<16} {} -> {}{}\n", host, known ? short_id(now) : "cannot be asked",
                          short_id(seen.commit), known && now == seen.commit ? " (the same)" : "");
      hosts[host] = {{"now", now}, {"then", seen.commit}, {"known", known}};
    }
  if (flags.json) {
    std::cout << dump({{"schema", 1},
                       {"environment", flags.asked.environment},
                       {"commit", seen.commit},
                       {"hosts", hosts},
                       {"plan", to_json(redact(*known_secrets{*in.fleet}.all(), *made))}})
              << "\n";
  } else {
    std::cout << plan_text(*made) << "\nWhat each host serves, now -> then:\n" << text;
    if (seen.why)
      std::cout << "note: " << describe(*seen.why) << "\n";
  }
  return changes ? 1 : 0;
}

} // namespace

void add_plan(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<plan_flags>();
  auto* command = app.add_subcommand(
      "plan", "What a deployment would do, host by host; exit code 0: nothing changes, 1: it does");
  command->add_option("ref", flags->ref, "Branch, tag or commit (default: main)");
  command->add_option("--env", flags->asked.environment, "The environment (default: the file's)");
  command->add_flag("--skip-tests", flags->asked.skip_tests, "As for deploy");
  command->add_flag("--json", flags->json, "As one JSON document");
  command->callback([&context, flags] {
    context.chosen = [&context, flags] { return show_plan(context, *flags); };
  });
}

} // namespace baton
