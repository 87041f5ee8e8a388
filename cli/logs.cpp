#include "cli/view/text.hpp"
#include "cli/workspace.hpp"

#include "runtime/journal/state_dir.hpp"
#include "runtime/log/step_output.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <unistd.h>

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

std::string run_id(const logs_flags& flags) {
  const auto in = open_journal();
  if (!flags.run.empty()) {
    auto found = in->find_run(flags.run);
    if (!found)
      throw command_failed{exit_code::no_input, found.error()};
    return found->id;
  }
  run_filter last;
  last.count_max = 1;
  const auto rows = in->runs(last);
  if (!rows || rows->empty())
    throw command_failed{exit_code::no_input, "no runs yet\n"};
  return rows->front().id;
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

int logs(const logs_flags& flags) {
  const auto in = state_dir();
  const auto run = run_id(flags);
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
  command->add_option("run", flags->run, "The run, or the beginning of its id (default: the last)");
  command->add_option("--host", flags->host, "Only of this host");
  command->add_option("--phase", flags->phase, "Only of this phase");
  command->add_flag("--list", flags->list, "Only the steps' ids");
  command->footer("Examples:\n  baton logs\n  baton logs --host vps --phase vps\n"
                  "  baton logs 20260131 --list");
  command->callback([&context, flags] { context.chosen = [flags] { return logs(*flags); }; });
}

} // namespace baton
