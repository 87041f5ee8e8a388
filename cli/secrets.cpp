#include "cli/hosts_of_house.hpp"
#include "cli/parts.hpp"
#include "cli/single_job.hpp"

#include "messages/json.hpp"
#include "runtime/log/redact_record.hpp"
#include "runtime/process.hpp"
#include "runtime/secrets/secret_version.hpp"
#include "runtime/secrets/secrets_jobs.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <utility>

namespace baton {

namespace {

/// Where the script runs.
std::vector<std::string> targets_of(const fleet& in, const std::vector<std::string>& hosts) {
  if (in.secrets.on != "each_host")
    return {in.secrets.on};
  return hosts;
}

struct options {
  std::string environment;
  bool json = false;
  bool yes = false;
};

/// Of the environment, else of all.
std::vector<std::string> hosts_of(const fleet& in, const std::string& environment) {
  return plan_of_part(in, environment, {}).hosts;
}

std::shared_ptr<const fleet> with_secrets(const workspace& in) {
  if (in.fleet->secrets.driver == secrets_driver::none)
    throw command_failed{exit_code::config, "this fleet has no secrets to be brought anywhere\n"};
  return in.fleet;
}

void say(const std::string& target, const host_details& how, phase_details& into) {
  auto& own = into.hosts[target] = how;
  own.attempts = 1;
  if (own.outcome == phase_outcome::ok)
    return;
  into.outcome = phase_outcome::failed;
  into.error = target + ": " + own.error.value_or("");
}

int end(const phase_details& told, bool as_json) {
  if (as_json)
    std::cout << dump(to_json(told)) << "\n";
  else if (told.error)
    std::cerr << printable_lines(*told.error);
  return told.outcome == phase_outcome::ok ? exit_code::ok : 1;
}

/// The user's script alone, with one verb that changes nothing.
int ask_script(const cli_context& context, const workspace& in, const std::string& verb,
               const options& how) {
  phase_details told;
  told.outcome = phase_outcome::ok;
  told.attempts = 1;
  const auto hosts = hosts_of(*in.fleet, how.environment);
  for (const auto& target : targets_of(*in.fleet, hosts)) {
    single_job what;
    what.target = target;
    what.name = "secrets-" + verb;
    what.work = secrets_script_job(*in.fleet, target, hosts, {verb});
    what.work.is_look = true;
    what.deadline = in.fleet->deadlines.secrets;
    const auto done = run_single_job(context, in, what);
    host_details own;
    own.outcome = done && done->exit == 0 ? phase_outcome::ok : phase_outcome::failed;
    if (own.outcome != phase_outcome::ok) {
      own.error = done ? in.fleet->secrets.script + " " + verb + " failed" : describe(done.error());
      if (const auto said = done ? last_lines(done->log_tail) : std::string{}; !said.empty())
        *own.error += ": " + said;
    }
    say(target, own, told);
  }
  return end(told, how.json);
}

/// Whether all that the built-in driver would write is there: asks no host.
int test_sources(const workspace& in, const options& how) {
  const auto hosts = hosts_of(*in.fleet, how.environment);
  const auto environment =
      how.environment.empty() ? in.fleet->default_environment : how.environment;
  const auto house = hosts_of_house(in, *in.fleet, hosts, environment);
  if (const auto stopped_by = learn_secrets(*house.contents); !stopped_by.empty())
    throw command_failed{1, stopped_by + ": stopped\n"};
  phase_details told;
  told.outcome = phase_outcome::ok;
  told.attempts = 1;
  for (const auto& host : hosts) {
    const auto all = house.contents->alone(host, 1);
    const auto version = all ? version_of(*all) : expected<std::string>{};
    host_details own;
    own.outcome = all && version ? phase_outcome::ok : phase_outcome::failed;
    if (all && all->empty())
      continue;
    if (own.outcome == phase_outcome::ok)
      told.facts[host] = *version;
    else
      own.error = describe(redact(*house.secrets, all ? version.error() : all.error()));
    say(host, own, told);
  }
  if (!how.json)
    for (const auto& [host, version] : told.facts)
      std::cout << fmt::format("{:<16} version {}\n", host, version);
  return end(told, how.json);
}

/// The built-in driver's comparison alone.
int compare(const cli_context& context, const workspace& in, const options& how) {
  part which;
  which.phases["secrets_sync"] = {step_kind::compare_secrets};
  return run_part(context, in, plan_of_part(*in.fleet, how.environment, which), "secrets_sync",
                  how.json, false);
}

int ask(const cli_context& context, const std::string& verb, const options& how) {
  const auto in = open_workspace(context);
  if (with_secrets(in)->secrets.driver == secrets_driver::script)
    return ask_script(context, in, verb, how);
  return verb == "test" ? test_sources(in, how) : compare(context, in, how);
}

int sync(const cli_context& context, const options& how) {
  const auto in = open_workspace(context);
  with_secrets(in);
  if (!how.yes && is_terminal(0) && !confirm(context, "Write the secret files of every host?"))
    throw command_failed{exit_code::usage, "nothing was done; --yes does not ask\n"};
  part which;
  which.phases["pre_flight"] = {step_kind::lease};
  which.phases["secrets_sync"] = {step_kind::sync_secrets, step_kind::compare_secrets};
  which.ending = {step_kind::release_lease};
  auto todo = plan_of_part(*in.fleet, how.environment, which);
  sign(todo, "secrets sync");
  return run_part(context, in, std::move(todo), "secrets_sync", how.json, true);
}

} // namespace

void add_secrets(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand("secrets", "The secret files of the hosts, alone");
  command->require_subcommand(1);
  const auto add = [&](const char* verb, const char* what) {
    auto* made = command->add_subcommand(verb, what);
    made->add_option("--env", flags->environment, "Only the hosts of this environment");
    made->add_flag("--json", flags->json, "As one JSON document");
    return made;
  };
  const auto* test =
      "Run the secrets script with `test`; without one, see that all files are there";
  const auto* status = "Run the secrets script with `status`; without one, compare with the hosts";
  for (const auto& [verb, what] : {std::pair{"test", test}, {"status", status}})
    add(verb, what)->callback([&context, flags, name = std::string{verb}] {
      context.chosen = [&context, flags, name] { return ask(context, name, *flags); };
    });
  auto* syncing = add("sync", "Bring the secret files to the hosts, compare");
  syncing->add_flag("-y,--yes", flags->yes, "Do not ask");
  syncing->callback(
      [&context, flags] { context.chosen = [&context, flags] { return sync(context, *flags); }; });
}

} // namespace baton
