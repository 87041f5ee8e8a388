#include "cli/parts.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace baton {

namespace {

/// One look at each unit, whatever release it serves.
int health(const cli_context& context, const std::string& host, bool as_json) {
  const auto in = open_workspace(context);
  part looks;
  looks.phases["verification"] = {step_kind::verify};
  if (!host.empty()) {
    host_of(*in.fleet, host);
    looks.hosts = {host};
  }
  auto todo = plan_of_part(*in.fleet, "", looks);
  todo.release.clear();
  for (auto& stage : todo.stages)
    for (auto& stack : stage.stacks) {
      stack.health.steady = duration::zero();
      stack.health.deadline = duration::zero();
    }
  return run_part(context, in, std::move(todo), "verification", as_json, false);
}

} // namespace

void add_health(CLI::App& app, cli_context& context) {
  struct options {
    std::string host;
    bool json = false;
  };
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand("health", "Look at the hosts now: what serves, how well");
  command->add_option("host", flags->host, "Only this host");
  command->add_flag("--json", flags->json, "As one JSON document");
  command->callback([&context, flags] {
    context.chosen = [&context, flags] { return health(context, flags->host, flags->json); };
  });
}

} // namespace baton
