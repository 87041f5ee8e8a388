#include "cli/view/text.hpp"
#include "cli/workspace.hpp"

#include "messages/plan.hpp"
#include "runtime/config/near_name.hpp"
#include "runtime/journal/state_dir.hpp"
#include "runtime/log/step_output.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <unistd.h>
#include <variant>

namespace baton {

namespace {

struct logs_flags {
  std::string run;
  std::string host;
  std::string phase;
  bool list = false;
};

/// `run/phase/unit/attempt/step`: the third part, without a stack's name.
bool is_of(const std::string& step_id, const logs_flags& flags) {
  const auto phase_at = step_id.find('/') + 1;
  const auto unit_at = step_id.find('/', phase_at) + 1;
  const auto matches = [&](std::size_t at, const std::string& wanted) {
    return wanted.empty()
           || (step_id.compare(at, wanted.size(), wanted) == 0
               && step_id[at + wanted.size()] == '/');
  };
  return matches(phase_at, flags.phase) && matches(unit_at, flags.host);
}

void check_known(const std::string& what, const std::string& name,
                 const std::vector<std::string>& known, const std::string& run) {
  if (name.empty() || std::ranges::find(known, name) != known.end())
    return;
  const auto hint = suggest(name, known);
  throw command_failed{exit_code::usage, "run " + run + " has no " + what + " \"" + name + "\""
                                             + (hint.empty() ? "" : ": " + hint) + "\n"};
}

/// A name that the run does not know is told, so that it is not taken for one without output.
void check_names(const journal& in, const std::string& run, const logs_flags& flags) {
  const auto records = in.read_run(run);
  const auto* first = !records || records->empty()
                          ? nullptr
                          : std::get_if<event::run_requested>(&records->front().what);
  if (!first)
    return;
  std::vector<std::string> hosts{std::string{controller_name}};
  std::vector<std::string> phases{first->plan->ending.id};
  for (const auto& host : first->plan->fleet.hosts)
    hosts.push_back(host.reach.name);
  for (const auto* list : {&first->plan->phases, &first->plan->rollback})
    for (const auto& phase : *list)
      phases.push_back(phase.id);
  check_known("host", flags.host, hosts, run);
  check_known("phase", flags.phase, phases, run);
}

/// As it came; on a terminal without what would take it over.
void print_output(const std::filesystem::path& in, const std::string& step_id) {
  const bool raw = !is_terminal(STDOUT_FILENO);
  std::string rest;
  for (std::uint64_t at = 0;;) {
    const auto piece = read_step_output(in, step_id, at);
    if (!piece)
      throw command_failed{exit_code::io_error, piece.error()};
    if (piece->empty())
      break;
    at += piece->size();
    rest += *piece;
    const auto whole = raw ? rest.size() : rest.rfind('\n') + 1; // npos + 1 is 0
    std::cout << (raw ? rest : printable_lines(std::string_view{rest}.substr(0, whole)));
    rest.erase(0, whole);
  }
  std::cout << printable_lines(rest) << "\n";
}

int logs(const cli_context& context, const logs_flags& flags) {
  const auto in = state_dir();
  const auto from = open_journal();
  const auto run = run_named(context, *from, flags.run).id;
  check_names(*from, run, flags);
  const auto outputs = list_step_outputs(in, run);
  if (!outputs)
    throw command_failed{exit_code::io_error, outputs.error()};
  bool any = false;
  for (const auto& entry : *outputs) {
    if (!is_of(entry.step_id, flags))
      continue;
    any = true;
    std::cout << (flags.list ? "" : "--- ") << entry.step_id << "\n";
    if (flags.list)
      continue;
    print_output(in, entry.step_id);
  }
  if (!any)
    std::cerr << "run " << run << " has printed nothing "
              << (outputs->empty() ? "that is still kept" : "there; its steps: baton logs --list")
              << "\n";
  return exit_code::ok;
}

} // namespace

void add_logs(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<logs_flags>();
  auto* command = app.add_subcommand("logs", "What the steps of a run have printed");
  command->add_option("run", flags->run,
                      "The run, or the beginning of its id (default: the fleet's last)");
  command->add_option("--host", flags->host, "Only of this host");
  command->add_option("--phase", flags->phase, "Only of this phase");
  command->add_flag("--list", flags->list, "Only the steps' ids");
  command->footer("Examples:\n  baton logs\n  baton logs --host vps --phase vps\n"
                  "  baton logs 20260131 --list");
  command->callback(
      [&context, flags] { context.chosen = [&context, flags] { return logs(context, *flags); }; });
}

} // namespace baton
