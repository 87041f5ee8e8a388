#include "cli/audited_act.hpp"
#include "cli/parts.hpp"
#include "cli/single_job.hpp"

#include "runtime/snapshots/snapshot_jobs.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace baton {

namespace {

struct snapshot_flags {
  std::string host;
  std::string name;
  bool json = false;
  bool yes = false;
};

/// Hosts with a driver, with their policy; all of them, or the one that is named.
std::vector<std::pair<std::string, snapshot_policy>> snapshot_hosts_of(const fleet& in,
                                                                       const std::string& only) {
  std::vector<std::pair<std::string, snapshot_policy>> found;
  if (!only.empty())
    host_of(in, only);
  for (const auto& stage : in.stages)
    for (const auto& host : stage.hosts)
      if (stage.snapshot && (only.empty() || host == only))
        found.emplace_back(host, *stage.snapshot);
  if (found.empty())
    throw command_failed{
        exit_code::config,
        (only.empty() ? "no stage of this fleet has a snapshot driver"
                      : "host \"" + only + "\" has no snapshot driver")
            + std::string{
                ": its stage wants `snapshot:` with script, btrfs, proxmox, zfs or lvm\n"}};
  return found;
}

int carry_out_on_hosts(const cli_context& context, const workspace& in, const snapshot_flags& flags,
                       snapshot_verb verb, const std::string& word) {
  for (const auto& [host, policy] : snapshot_hosts_of(*in.fleet, flags.host)) {
    auto work = snapshot_job(policy, verb, host, flags.name);
    if (!work)
      throw command_failed{exit_code::usage, work.error()};
    if (verb == snapshot_verb::list && snapshot_hosts_of(*in.fleet, flags.host).size() > 1)
      std::cout << host << ":\n";
    single_job what;
    what.target = policy.on.empty() ? host : policy.on;
    what.name = "snapshot-" + word;
    what.work = std::move(*work);
    what.deadline = in.fleet->deadlines.snapshot;
    if (verb == snapshot_verb::rollback)
      what.rewinds = host;
    const auto end = run_single_job(context, in, what);
    if (!end)
      throw command_failed{exit_code_of(end.error()), end.error()};
    if (end->exit != 0)
      throw command_failed{1, "snapshot " + word + " failed on " + what.target + "\n"};
    if (verb == snapshot_verb::remove)
      std::cerr << "snapshot " << flags.name << " of " << host << " is deleted\n";
    if (verb == snapshot_verb::rollback)
      std::cerr << "What runs on " << host
                << " may still hold the files that were replaced: start it "
                << "anew, then `baton status`.\n";
  }
  return exit_code::ok;
}

int one_verb(const cli_context& context, const snapshot_flags& flags, snapshot_verb verb,
             const std::string& word) {
  const auto in = open_workspace(context);
  snapshot_hosts_of(*in.fleet, flags.host); // a fault is told before a person is asked
  const auto act = [&] { return carry_out_on_hosts(context, in, flags, verb, word); };
  if (verb == snapshot_verb::list)
    return act();
  if (verb == snapshot_verb::rollback)
    std::cerr << "Everything written on " << flags.host << " since the snapshot " << flags.name
              << " will be lost.\n";
  if (!flags.yes && !confirm(context, word + " snapshot " + flags.name + " of " + flags.host + "?"))
    throw command_failed{exit_code::usage, "nothing was done; --yes does not ask\n"};
  return audited(*in.fleet, "snapshot " + word, flags.host + " " + flags.name, act);
}

int create(const cli_context& context, const snapshot_flags& flags) {
  const auto in = open_workspace(context);
  part which;
  for (const auto& [host, policy] : snapshot_hosts_of(*in.fleet, flags.host))
    which.leased.insert(policy.on);
  which.phases["pre_flight"] = {step_kind::lease};
  which.phases["snapshots"] = {};
  which.ending = {step_kind::release_lease};
  if (!flags.host.empty())
    which.hosts = {flags.host};
  auto todo = plan_of_part(*in.fleet, "", which);
  sign(todo, "snapshot create");
  return run_part(context, in, std::move(todo), "snapshots", flags.json, true);
}

} // namespace

void add_snapshot(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<snapshot_flags>();
  auto* command = app.add_subcommand("snapshot", "Host snapshots, alone");
  command->require_subcommand(1);

  auto* listing = command->add_subcommand("list", "What the snapshot tool lists");
  listing->add_option("host", flags->host, "Only of this host");
  listing->callback([&context, flags] {
    context.chosen = [&context, flags] {
      return one_verb(context, *flags, snapshot_verb::list, "list");
    };
  });

  auto* creating = command->add_subcommand("create", "Make one; older own ones go by retention");
  creating->add_option("host", flags->host, "Only of this host");
  creating->add_flag("--json", flags->json, "As one JSON document");
  creating->add_flag("-y,--yes", flags->yes, "Accepted for scripts; nothing is asked");
  creating->callback([&context, flags] {
    context.chosen = [&context, flags] { return create(context, *flags); };
  });

  const auto changing = [&](const char* word, snapshot_verb verb, const char* help) {
    auto* one = command->add_subcommand(word, help);
    one->add_option("host", flags->host, "The host")->required();
    one->add_option("name", flags->name, "The snapshot")->required();
    one->add_flag("-y,--yes", flags->yes, "Do not ask");
    one->callback([&context, flags, verb, name = std::string{word}] {
      context.chosen = [&context, flags, verb, name] {
        return one_verb(context, *flags, verb, name);
      };
    });
  };
  changing("rollback", snapshot_verb::rollback, "Go back to one; what was written since is lost");
  changing("delete", snapshot_verb::remove, "Delete one of our own");
}

} // namespace baton
