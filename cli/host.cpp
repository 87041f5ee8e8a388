#include "cli/audited_act.hpp"
#include "cli/hosts_of_house.hpp"
#include "cli/workspace.hpp"

#include "runtime/ssh/host_keys.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace baton {

namespace {

int trust(const cli_context& context, const std::string& name, bool yes) {
  const auto fleet = open_fleet(context);
  const auto& host = host_of(*fleet, name);
  const auto offered =
      ssh::fetch_host_key(host.reach, ssh_options_of(*fleet), fleet->deadlines.connect);
  if (!offered)
    throw command_failed{exit_code::unavailable, offered.error()};
  std::cout << offered->where << " shows the key\n  " << offered->key.type << " "
            << offered->fingerprint
            << "\nCompare it with `ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub` "
            << "on that host.\n";
  if (offered->found.verdict == ssh::key_verdict::known) {
    std::cout << name << " is known by that key already\n";
    return exit_code::ok;
  }
  for (const auto& known : offered->found.known)
    std::cout << "ANOTHER KEY is known: " << known.key.type << " " << ssh::fingerprint(known.key)
              << " (" << known.place << ")\n";
  if (offered->found.verdict == ssh::key_verdict::changed)
    std::cout
        << "It stays known beside the new one. If nobody may have it any more: ssh-keygen -R '"
        << offered->name << "' -f " << offered->file << "\n";
  if (!yes && !confirm(context, "Add it to " + offered->file + "?"))
    throw command_failed{exit_code::usage, "nothing was done; --yes does not ask\n"};
  return audited(*fleet, "host trust", name + " with " + offered->fingerprint, [&] {
    if (const auto done = ssh::trust_host_key(*offered); !done)
      throw command_failed{exit_code::no_permission, done.error()};
    std::cout << name << " is trusted now\n";
    return exit_code::ok;
  });
}

} // namespace

void add_host(CLI::App& app, cli_context& context) {
  struct options {
    std::string name;
    bool yes = false;
  };
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand("host", "Hosts and their keys");
  command->require_subcommand(1);
  auto* trusting = command->add_subcommand("trust", "Show a host's key, and add it to known_hosts");
  trusting->add_option("name", flags->name, "The host's name in baton.yaml")->required();
  trusting->add_flag("-y,--yes", flags->yes, "Do not ask");
  trusting->callback([&context, flags] {
    context.chosen = [&context, flags] { return trust(context, flags->name, flags->yes); };
  });
}

} // namespace baton
