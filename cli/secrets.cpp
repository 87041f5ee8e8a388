#include "cli/parts.hpp"
#include "cli/single_job.hpp"

#include "messages/json.hpp"
#include "runtime/process.hpp"
#include "runtime/secrets/secrets_jobs.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace baton {

namespace {

/// Where the script runs.
std::vector<std::string> targets_of(const fleet& in) {
  if (in.secrets.on != "each_host")
    return {in.secrets.on};
  std::vector<std::string> names;
  for (const auto& host : in.hosts)
    names.push_back(host.reach.name);
  return names;
}

std::vector<std::string> all_hosts(const fleet& in) {
  std::vector<std::string> names;
  for (const auto& host : in.hosts)
    names.push_back(host.reach.name);
  return names;
}

/// The user's script alone, with one verb that changes nothing.
int ask_script(const cli_context& context, const std::string& verb, bool as_json) {
  const auto in = open_workspace(context);
  if (in.fleet->secrets.driver != secrets_driver::script)
    throw command_failed{exit_code::config, "this fleet has no secrets.script to be asked\n"};
  phase_details told;
  told.outcome = phase_outcome::ok;
  told.attempts = 1;
  for (const auto& target : targets_of(*in.fleet)) {
    single_job what;
    what.target = target;
    what.name = "secrets-" + verb;
    what.work = secrets_script_job(*in.fleet, target, all_hosts(*in.fleet), {verb});
    what.work.is_look = true;
    what.deadline = in.fleet->deadlines.secrets;
    const auto end = run_single_job(context, in, what);
    auto& own = told.hosts[target];
    own.attempts = 1;
    own.outcome = end && end->exit == 0 ? phase_outcome::ok : phase_outcome::failed;
    if (own.outcome == phase_outcome::ok)
      continue;
    own.error = end ? in.fleet->secrets.script + " " + verb + " failed" : describe(end.error());
    if (const auto said = end ? last_lines(end->log_tail) : std::string{}; !said.empty())
      *own.error += ": " + said;
    told.outcome = phase_outcome::failed;
    told.error = target + ": " + *own.error;
  }
  if (as_json)
    std::cout << dump(to_json(told)) << "\n";
  else if (told.error)
    std::cerr << *told.error << "\n";
  return told.outcome == phase_outcome::ok ? exit_code::ok : 1;
}

int sync(const cli_context& context, bool as_json, bool yes) {
  const auto in = open_workspace(context);
  if (in.fleet->secrets.driver == secrets_driver::none)
    throw command_failed{exit_code::config, "this fleet has no secrets to be brought anywhere\n"};
  if (!yes && is_terminal(0) && !confirm(context, "Write the secret files of every host?"))
    throw command_failed{exit_code::usage, "nothing was done; --yes does not ask\n"};
  part which;
  which.phases["pre_flight"] = {step_kind::lease};
  which.phases["secrets_sync"] = {step_kind::sync_secrets, step_kind::compare_secrets};
  which.ending = {step_kind::release_lease};
  return run_part(context, in, plan_of_part(*in.fleet, "", which), "secrets_sync", as_json, true);
}

} // namespace

void add_secrets(CLI::App& app, cli_context& context) {
  struct options {
    bool json = false;
    bool yes = false;
  };
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand("secrets", "The secret files of the hosts, alone");
  command->require_subcommand(1);
  for (const auto* verb : {"test", "status"}) {
    auto* asking =
        command->add_subcommand(verb, std::string{"Run the secrets script with `"} + verb + "`");
    asking->add_flag("--json", flags->json, "As one JSON document");
    asking->callback([&context, flags, verb] {
      context.chosen = [&context, flags, verb] { return ask_script(context, verb, flags->json); };
    });
  }
  auto* syncing = command->add_subcommand("sync", "Bring the secret files to the hosts, compare");
  syncing->add_flag("--json", flags->json, "As one JSON document");
  syncing->add_flag("-y,--yes", flags->yes, "Do not ask");
  syncing->callback([&context, flags] {
    context.chosen = [&context, flags] { return sync(context, flags->json, flags->yes); };
  });
}

} // namespace baton
