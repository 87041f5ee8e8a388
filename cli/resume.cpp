#include "cli/resume.hpp"

#include "cli/json_or_null.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/sealed_plan.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <variant>

namespace baton {

namespace {

bool has_owner(const workspace& in, const run_row& run) {
  const auto owner = run_lock::owner(in.state, run.id);
  return owner && *owner && (*owner)->alive;
}

/// The run that is meant: the one with that id, else the only one that was cut off.
std::optional<run_row> run_to_resume(const workspace& in, const std::string& id) {
  if (!id.empty())
    return or_fail(in.journal->find_run(id), exit_code::no_input);
  const auto all = cut_off_runs(in);
  if (all.size() > 1) {
    std::string text = "several runs are not finished; name one:\n";
    for (const auto& row : all)
      text += "  baton resume " + row.id + "\n";
    throw command_failed{exit_code::usage, text};
  }
  return all.empty() ? std::nullopt : std::optional{all.front()};
}

/// Its plan as it was frozen, from its first record, with the secrets that the journal lacks.
plan plan_of(const workspace& in, const std::vector<record>& so_far) {
  const auto* first =
      so_far.empty() ? nullptr : std::get_if<event::run_requested>(&so_far.front().what);
  if (!first)
    throw command_failed{exit_code::io_error, "the journal does not begin with the run's plan\n"};
  return or_fail(whole_plan(in.state, *first->plan));
}

int say_nothing_to_resume(const std::optional<run_row>& row, const run_options& how) {
  const auto status = row ? std::optional{std::string{to_string(*row->status)}} : std::nullopt;
  std::cerr << "nothing to resume: "
            << (row ? fmt::format("run {} has ended, {}", row->id, *status) : "no run was cut off")
            << "\n";
  if (how.json || how.events)
    std::cout << dump({{"schema", 1},
                       {"resumed", false},
                       {"run", or_null(row ? row->id : std::string{})},
                       {"status", or_null(status)}})
              << "\n";
  return exit_code::ok;
}

int resume(const cli_context& context, const std::string& id, const run_options& how) {
  const auto in = open_workspace(context);
  const auto row = run_to_resume(in, id);
  if (!row || row->status)
    return say_nothing_to_resume(row, how);
  return go_on_with(context, in, *row, how).exit_code;
}

} // namespace

std::vector<run_row> cut_off_runs(const workspace& in) {
  auto all = or_fail(in.journal->unfinished_runs());
  std::erase_if(
      all, [&](const run_row& run) { return run.fleet != in.fleet->name || has_owner(in, run); });
  return all;
}

result go_on_with(const cli_context& context, const workspace& in, const run_row& run,
                  const run_options& how) {
  const auto so_far =
      std::make_shared<const std::vector<record>>(or_fail(in.journal->read_run(run.id)));
  const auto todo = std::make_shared<const plan>(plan_of(in, *so_far));
  return carry_out(context, in, todo, how, so_far);
}

void add_resume(CLI::App& app, cli_context& context) {
  auto id = std::make_shared<std::string>();
  auto how = std::make_shared<run_options>();
  auto* command = app.add_subcommand("resume", "Go on with a run that was cut off");
  command->add_option("run", *id, "Its id, or how it begins (default: the only unfinished one)");
  add_run_options(*command, *how);
  command->footer("Examples:\n  baton resume\n  baton resume 20260131-090500-1a2b3c --json");
  command->callback([&context, id, how] {
    context.chosen = [&context, id, how] { return resume(context, *id, *how); };
  });
}

} // namespace baton
