#include "cli/delivery.hpp"
#include "cli/parts.hpp"
#include "messages/json.hpp"
#include "runtime/config/load.hpp"
#include "runtime/config/near_name.hpp"
#include "runtime/config/paths.hpp"
#include "runtime/journal/state_dir.hpp"
#include "runtime/notify/curl_call.hpp"
#include "runtime/notify/render.hpp"
#include "runtime/notify/secret_line.hpp"
#include "runtime/notify/send.hpp"
#include "runtime/secrets/free_texts.hpp"
#include "runtime/secrets/said_secrets.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <iostream>
#include <memory>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace baton {

namespace {

int say_json(const std::string& file, const std::vector<config_fault>& faults) {
  auto list = ordered_json::array();
  for (const auto& fault : faults)
    list.push_back(to_json(fault));
  std::cout << dump({{"schema", 1}, {"file", file}, {"ok", faults.empty()}, {"faults", list}})
            << '\n';
  return faults.empty() ? exit_code::ok : exit_code::config;
}

std::string counted(std::size_t number, std::string_view of) {
  return fmt::format("{} {}{}", number, of, number == 1 ? "" : "s");
}

/// A compose stack without checks is looked at by its own healthchecks alone; say so.
void warn_of_no_checks(const fleet& of) {
  std::set<std::string> told;
  for (const auto& stage : of.stages)
    for (const auto& stack : stage.stacks)
      if (stack.health.checks.empty() && std::holds_alternative<compose_engine>(stack.engine)
          && told.insert(stack.name).second)
        std::cerr << "note: stack " << stack.name
                  << " has no checks of its own: only compose's healthchecks say whether it is "
                     "well.\n      Add e.g. health: {checks: [{http: "
                     "\"http://localhost:8080/health\"}]}\n";
}

/// Where commands are, in the file's own words.
std::vector<std::pair<std::string, const command*>> commands_of(const fleet& of) {
  std::vector<std::pair<std::string, const command*>> all;
  for (const auto& stage : of.stages)
    for (const auto& stack : stage.stacks) {
      if (const auto* engine = std::get_if<command_engine>(&stack.engine))
        for (const auto* one : {&engine->prepare, &engine->start, &engine->stop, &engine->status})
          all.emplace_back("a command of stack " + stack.name, one);
      for (const auto& check : stack.health.checks)
        all.emplace_back("a check of stack " + stack.name, &check.run);
    }
  all.emplace_back("tests.command", &of.tests.run);
  for (const auto& check : of.verification.checks)
    all.emplace_back("a check of verification", &check.run);
  for (const auto& channel : of.alerts.channels)
    all.emplace_back("the command of channel " + channel.name, &channel.run);
  return all;
}

/// Baton shows no secret of the file; but others may see it elsewhere.
void warn_of_secrets(const fleet& of) {
  std::set<std::string> told;
  const auto warn = [&told](const std::string& where, std::string_view name,
                            const std::string& text) {
    if (!secrets_in(name, text).empty() && told.insert(where).second)
      std::cerr << "note: " << where
                << " holds a secret, which everybody on that machine can see in the process list "
                   "while it runs.\n      Put it into `vars`, or a file, that the command reads\n";
  };
  for (const auto& [place, what] : commands_of(of))
    texts_of_fleet::of_command(*what,
                               [&, &where = place](std::string_view name, const std::string& text) {
                                 warn(where, name, text);
                               });
  for (const auto& place : of.secrets.places)
    texts_of_fleet::of_words(place.command, [&](std::string_view name, const std::string& text) {
      warn("secrets.places, the command for " + place.to + ",", name, text);
    });
  struct stat there {};
  if (!secrets_said(of).empty() && ::stat(of.file.c_str(), &there) == 0
      && (there.st_mode & 077) != 0)
    std::cerr << "note: " << of.file << " holds secrets and can be read by others: chmod 600 "
              << of.file << "\n";
}

bool goes_in_clear(const std::string& url) {
  return url.starts_with("http://") && !is_this_machine(url);
}

/// Where a channel's secret goes over a network on which others can read along.
bool sends_secret_in_clear(const channel& one) {
  if (!one.url_file.empty())
    return goes_in_clear(read_secret_line(one.url_file).value_or(std::string{}));
  return !one.token_file.empty() && (goes_in_clear(one.url) || goes_in_clear(one.api));
}

/// A run does not fail for it; but nobody would hear of it.
void warn_of_channels(const fleet& of) {
  for (const auto& channel : of.alerts.channels) {
    const auto note = [&](const std::string& why) {
      std::cerr << "note: nothing can be sent on channel " << channel.name << ": " << why << "\n";
    };
    for (const auto& path : secret_files_of(channel))
      if (const auto secret = read_secret_line(path); !secret)
        note(secret.error().what);
    if (!channel.ca_file.empty() && ::access(channel.ca_file.c_str(), R_OK) != 0)
      note("ca_file " + channel.ca_file + ": " + std::generic_category().message(errno));
    if (sends_secret_in_clear(channel))
      std::cerr << "note: channel " << channel.name
                << " sends its secret over http: whoever is on the way reads it; use https\n";
  }
  if (!of.metrics_push_login_file.empty() && goes_in_clear(of.metrics_push))
    std::cerr << "note: metrics.pushgateway gets its password over http: whoever is on the way "
                 "reads it; use https\n";
}

/// What a template names and is not there is empty in every message.
void warn_of_templates(const fleet& of) {
  std::set<std::string> told;
  for (const auto& route : of.alerts.routes)
    for (const auto& name : unknown_variables(route.text_template))
      if (told.insert(name).second) {
        const auto hint = suggest(name, template_variables());
        std::cerr << "note: a template of alerts.routes names {{" << name
                  << "}}, which is nothing and stays empty" << (hint.empty() ? "" : "; " + hint)
                  << "\n";
      }
}

/// What the journal knows of channels, where there is one; a check makes none.
void note_stopped_ones(const fleet& of) {
  std::error_code ignored;
  const auto file = journal_file(state_dir());
  if (of.alerts.channels.empty() || !std::filesystem::exists(file, ignored))
    return;
  if (const auto in = journal::open(file))
    note_stopped_channels(*in, of);
}

int check_file(const cli_context& context, bool as_document) {
  const auto found = or_fail(find_config(context.config_path), exit_code::no_input);
  const auto loaded = load_fleet(found);
  const auto faults = loaded ? std::vector<config_fault>{} : loaded.error();
  if (as_document)
    return say_json(found, faults);
  if (!loaded) {
    std::cerr << to_string(faults) << '\n';
    if (faults.size() > 1)
      std::cerr << counted(faults.size(), "fault") << '\n';
    return exit_code::config;
  }
  if (context.quiet)
    return exit_code::ok;
  warn_of_no_checks(*loaded);
  warn_of_secrets(*loaded);
  warn_of_channels(*loaded);
  warn_of_templates(*loaded);
  note_stopped_ones(*loaded);
  fmt::print("{}: fleet {}: {}, {}, {}; all good\n", found, loaded->name,
             counted(loaded->hosts.size(), "host"), counted(loaded->stages.size(), "stage"),
             counted(loaded->environments.size(), "environment"));
  return exit_code::ok;
}

/// The pre-flight alone: changes nothing, takes no lease.
int check_hosts(const cli_context& context, const std::string& environment, bool as_document) {
  const auto in = open_workspace(context);
  part pre_flight;
  pre_flight.phases["pre_flight"] = {step_kind::resolve, step_kind::inspect};
  return run_part(context, in, plan_of_part(*in.fleet, environment, pre_flight), "pre_flight",
                  as_document, false);
}

} // namespace

void add_check(CLI::App& app, cli_context& context) {
  auto as_document = std::make_shared<bool>(false);
  auto hosts = std::make_shared<bool>(false);
  auto environment = std::make_shared<std::string>();
  auto* command = app.add_subcommand("check", "Say everything that is wrong with baton.yaml");
  command->add_flag("--json", *as_document, "As one JSON document");
  auto* of_hosts = command->add_flag(
      "--hosts", *hosts,
      "Ask every host too: the pre-flight, with the command that mends each fault");
  command->add_option("--env", *environment, "With --hosts: only of this environment")
      ->needs(of_hosts);
  command->footer("Examples:\n  baton check\n  baton check --hosts --env staging");
  command->callback([&context, as_document, hosts, environment] {
    context.chosen = [&context, as_document, hosts, environment] {
      return *hosts ? check_hosts(context, *environment, *as_document)
                    : check_file(context, *as_document);
    };
  });
}

} // namespace baton
