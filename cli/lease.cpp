#include "actors/host/lease_taking.hpp"
#include "cli/audited_act.hpp"
#include "cli/conversation.hpp"
#include "cli/hosts_of_house.hpp"
#include "cli/json_or_null.hpp"
#include "cli/workspace.hpp"

#include "messages/json.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <iostream>
#include <memory>

namespace baton {

namespace {

constexpr duration answer_deadline{20'000};
/// A step that is told to end has some seconds for it, before it is killed.
constexpr duration end_deadline{45'000};

/// Only by its process and its silence: a command that looks asks no journal.
bool is_dead(const lease_owner& owner, const fleet& in) {
  return is_dead(signs_of(owner, nullptr), in.lease_dead_after);
}

std::string text_of(const std::string& host, const expected<lease_report>& told, const fleet& in) {
  if (!told)
    return fmt::format("{:<16} cannot be asked: {}\n", host, describe(told.error()));
  if (!told->holder)
    return fmt::format("{:<16} free (fence {})\n", host, told->fence);
  return fmt::format("{:<16} {} (fence {}){}\n", host, describe(*told->holder), told->fence,
                     is_dead(*told->holder, in) ? ", dead" : "");
}

ordered_json json_of(const std::string& host, const expected<lease_report>& told, const fleet& in) {
  ordered_json made{{"host", host}};
  if (!told) {
    made["error"] = describe(told.error());
    return made;
  }
  made["fence"] = told->fence;
  made["run"] = told->holder ? or_null(told->holder->run) : nullptr;
  if (told->holder) {
    made["owner"] = told->holder->owner;
    made["same_boot"] = told->holder->same_boot;
    made["heartbeat_age_seconds"] = or_null(told->holder->heartbeat_age);
    made["dead"] = is_dead(*told->holder, in);
  }
  return made;
}

using lease_request_fn = std::string (control_shell::*)(control_shell::callback<lease_report>);

link::options way_to(const fleet& in, const host& to) {
  link::options how;
  how.to = to.reach;
  how.state_dir = to.state_dir;
  how.connect_deadline = in.deadlines.connect;
  return how;
}

expected<lease_report> ask(const std::shared_ptr<transport>& over, const fleet& in, const host& to,
                           lease_request_fn what) {
  conversation talk{over, way_to(in, to)};
  return talk.ask<lease_report>(
      [what](link& at, std::function<void(expected<lease_report>)> then) {
        at.send((at.shell().*what)(std::move(then)));
      },
      answer_deadline);
}

/// What an owner that is gone has begun would go on under the feet of the next. Answers what could
/// not be ended.
expected<std::vector<std::string>> end_steps(conversation& talk, const std::string& run) {
  return talk.ask<std::vector<std::string>>(
      [&](link& at, std::function<void(expected<std::vector<std::string>>)> then) {
        end_steps_of(at, talk.clock(), run, std::move(then));
      },
      end_deadline);
}

/// So that the next owner need not look for them. When that is not told it does, and finds nothing.
void tell_ended(conversation& talk, const lease_report& broken) {
  (void)talk.ask<bool>(
      [&](link& at, const std::function<void(expected<bool>)>& then) {
        at.send(at.shell().lease_ended(broken.holder->run, broken.fence, broken.holder->run,
                                       [then](const expected<void>&) { then(true); }));
      },
      answer_deadline);
}

int show(const cli_context& context, const std::string& only, bool as_json) {
  const auto fleet = open_fleet(context);
  if (!only.empty())
    host_of(*fleet, only);
  const auto over = ssh_of(*fleet);
  ordered_json list = ordered_json::array();
  bool all_told = true;
  for (const auto& one : fleet->hosts) {
    if (!only.empty() && one.reach.name != only)
      continue;
    const auto told = ask(over, *fleet, one, &control_shell::lease_show);
    all_told = all_told && told.has_value();
    if (as_json)
      list.push_back(json_of(one.reach.name, told, *fleet));
    else
      std::cout << text_of(one.reach.name, told, *fleet);
  }
  if (as_json)
    std::cout << dump({{"schema", 1}, {"leases", list}}) << "\n";
  return all_told ? exit_code::ok : exit_code::unavailable;
}

int take_away(const std::shared_ptr<transport>& over, const fleet& in, const host& to,
              const lease_report& held) {
  const auto& name = to.reach.name;
  // From whom it was agreed to be taken, and from nobody else: the question may have stood for
  // long.
  conversation asking{over, way_to(in, to)};
  const auto done = asking.ask<lease_report>(
      [&](link& at, std::function<void(expected<lease_report>)> then) {
        at.send(at.shell().lease_break(std::move(then), held.holder->run, held.fence));
      },
      answer_deadline);
  if (!done && done.error().code == ec::lease_lost)
    throw command_failed{exit_code::unavailable,
                         name + " is not leased by run " + held.holder->run
                             + " any more, and nothing was done: baton lease show " + name + "\n"};
  if (!done)
    throw command_failed{exit_code::unavailable, done.error()};
  if (done->holder) {
    conversation talk{over, way_to(in, to)};
    const auto left = end_steps(talk, done->holder->run);
    if (!left)
      throw command_failed{exit_code::unavailable,
                           name + " is free, but whether a step still runs there is not known: "
                               + describe(left.error()) + "\n"};
    if (!left->empty())
      throw command_failed{exit_code::unavailable, name + " is free, but there still runs "
                                                       + fmt::format("{}", fmt::join(*left, ", "))
                                                       + ": end it before you deploy there\n"};
    tell_ended(talk, *done);
  }
  std::cerr << name << " is free now\n";
  return exit_code::ok;
}

int release(const cli_context& context, const std::string& name, bool yes) {
  const auto fleet = open_fleet(context);
  const auto& to = host_of(*fleet, name);
  const auto over = ssh_of(*fleet);
  const auto held = ask(over, *fleet, to, &control_shell::lease_show);
  if (!held)
    throw command_failed{exit_code::unavailable, held.error()};
  if (!held->holder) {
    std::cerr << name << " is free already\n";
    return exit_code::ok;
  }
  if (!yes
      && !confirm(context, "Take " + name + " from " + describe(*held->holder)
                               + "? If that run lives, its step there is ended, "
                                 "and its next one refused."))
    throw command_failed{exit_code::usage, "nothing was done; --yes does not ask\n"};
  return audited(*fleet, "lease release", name + " from " + describe(*held->holder),
                 [&] { return take_away(over, *fleet, to, *held); });
}

} // namespace

void add_lease(CLI::App& app, cli_context& context) {
  auto* command = app.add_subcommand("lease", "Who may change a host");
  command->require_subcommand(1);

  struct options {
    std::string host;
    bool json = false;
    bool yes = false;
  };
  auto flags = std::make_shared<options>();
  auto* showing = command->add_subcommand("show", "Who has the lease of each host");
  showing->add_option("host", flags->host, "Only of this host");
  showing->add_flag("--json", flags->json, "As one JSON document");
  showing->callback([&context, flags] {
    context.chosen = [&context, flags] { return show(context, flags->host, flags->json); };
  });

  auto* releasing = command->add_subcommand("release", "Take a host's lease from its owner");
  releasing->add_option("host", flags->host, "The host")->required();
  releasing->add_flag("-y,--yes", flags->yes, "Do not ask");
  releasing->callback([&context, flags] {
    context.chosen = [&context, flags] { return release(context, flags->host, flags->yes); };
  });
}

} // namespace baton
