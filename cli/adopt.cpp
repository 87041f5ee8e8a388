#include "cli/audited_act.hpp"
#include "cli/single_job.hpp"

#include "runtime/release/adopt.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace baton {

namespace {

struct adopt_flags {
  std::string host;
  std::string stack;
  std::string project;
  bool yes = false;
};

int take_as_baseline(const cli_context& context, const workspace& in, const adopt_flags& flags,
                     const job& work) {
  single_job what;
  what.target = flags.host;
  what.name = "adopt";
  what.work = work;
  const auto end = run_single_job(context, in, what);
  if (!end)
    throw command_failed{exit_code_of(end.error()), end.error()};
  const auto outcome = release::adopt_outcome(flags.host, *end);
  if (outcome.why)
    throw command_failed{exit_code_of(*outcome.why), *outcome.why};
  const auto found = outcome.facts.find("adopted"); // the compose project, or `command`
  std::cout << flags.host << ": adopted "
            << (found == outcome.facts.end() || found->second == "command"
                    ? "what runs now"
                    : "project " + found->second)
            << "\n";
  return exit_code::ok;
}

int adopt(const cli_context& context, const adopt_flags& flags) {
  const auto in = open_workspace(context);
  host_of(*in.fleet, flags.host);
  const auto work = release::adopt_job(*in.fleet, flags.host, flags.stack, flags.project);
  if (!work)
    throw command_failed{exit_code::usage, work.error()};
  if (!flags.yes && is_terminal(0)
      && !confirm(context, "Take what runs on " + flags.host + " as the baseline of its stack?"))
    throw command_failed{exit_code::usage, "nothing was done; --yes does not ask\n"};
  return audited(*in.fleet, "adopt", flags.host + (flags.stack.empty() ? "" : "/" + flags.stack),
                 [&] { return take_as_baseline(context, in, flags, *work); });
}

} // namespace

void add_adopt(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<adopt_flags>();
  auto* command = app.add_subcommand(
      "adopt", "Take what runs on a host under another project or folder as a stack's baseline");
  command->add_option("host", flags->host, "The host")->required();
  command->add_option("--stack", flags->stack, "The stack, where the host has several");
  command->add_option("--project", flags->project, "The compose project, where several run");
  command->add_flag("-y,--yes", flags->yes, "Do not ask");
  command->callback(
      [&context, flags] { context.chosen = [&context, flags] { return adopt(context, *flags); }; });
}

} // namespace baton
