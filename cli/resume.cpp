#include "cli/resume.hpp"

#include "cli/audited_act.hpp"
#include "cli/json_or_null.hpp"
#include "rules/age.hpp"
#include "runtime/config/units.hpp"
#include "runtime/journal/sealed_plan.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <variant>

namespace baton {

namespace {

/// For people, without the small units: `26h`, `90s`.
std::string length_of(duration time) {
  using namespace std::chrono;
  if (time >= 1h)
    return duration_text(floor<hours>(time));
  if (time >= 1min)
    return duration_text(floor<minutes>(time));
  return duration_text(time >= 1s ? floor<seconds>(time) : time);
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

/// Runs of other fleets in the same journal: the file may have another name by now.
void name_those_of_other_fleets(const workspace& in) {
  for (const auto& run : or_fail(in.journal->unfinished_runs()))
    if (run.fleet != in.fleet->name)
      std::cerr << "run " << run.id << " of the fleet " << printable(run.fleet, 40)
                << " is not finished (this file's is " << in.fleet->name << "): baton resume "
                << run.id << "\n";
}

int say_nothing_to_resume(const workspace& in, const std::optional<run_row>& row,
                          const run_options& how) {
  const auto status = row ? std::optional{std::string{to_string(*row->status)}} : std::nullopt;
  if (!row)
    name_those_of_other_fleets(in);
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
    return say_nothing_to_resume(in, row, how);
  return go_on_with(context, in, *row, how).exit_code;
}

} // namespace

plan journaled_plan(const std::vector<record>& so_far) {
  const auto* first =
      so_far.empty() ? nullptr : std::get_if<event::run_requested>(&so_far.front().what);
  if (!first)
    throw command_failed{exit_code::io_error, "the journal does not begin with the run's plan\n"};
  return *first->plan;
}

result go_on_with(const cli_context& context, const workspace& in, const run_row& run,
                  run_options how) {
  const auto so_far =
      std::make_shared<const std::vector<record>>(or_fail(in.journal->read_run(run.id)));
  // What it has done, and not yet done, must be all that it wrote down.
  if (!so_far->empty())
    or_fail(in.journal->verify(so_far->front().seq - 1));
  const auto todo =
      std::make_shared<const plan>(or_fail(whole_plan(in.state, journaled_plan(*so_far))));
  const auto* verb = how.cancelled_by.empty() ? "resume" : "cancel";
  const auto now = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
  const auto max_age = todo->fleet.resume_max_age;
  if (how.cancelled_by.empty() && is_too_old(todo->requested_at, now, max_age)) {
    std::cerr << "run " << run.id << " was asked for " << length_of(now - todo->requested_at)
              << " ago, longer than " << duration_text(max_age)
              << " (resume: max_age): it is not gone on with, what it has done is taken back\n";
    how.cancelled_by = "resume.max_age";
  }
  result told;
  audited(todo->fleet, verb, run.id, [&] {
    told = carry_out(context, in, todo, how, so_far);
    return told.exit_code;
  });
  return told;
}

void finish_what_was_cut_off(const cli_context& context, const workspace& in, run_options how,
                             bool yes) {
  how.json = how.events = false; // stdout is for the run that was asked for
  for (const auto& run : cut_off_runs(in)) {
    std::cerr << cut_off_words(run) << "\n";
    if (!yes && !confirm(context, "Go on with it first?")) {
      std::cerr << "it is left as it is; to go on with it: baton resume " << run.id << "\n";
      continue;
    }
    if (go_on_with(context, in, run, how).status)
      continue;
    command_failed failure{exit_code::try_again,
                           "run " + run.id + " is not at its end, so no other was begun"};
    failure.message.clear(); // people have read its summary
    throw failure;
  }
}

void add_resume(CLI::App& app, cli_context& context) {
  auto id = std::make_shared<std::string>();
  auto how = std::make_shared<run_options>();
  auto* command = app.add_subcommand("resume", "Go on with a run that was cut off");
  command->add_option("run", *id, "Its id, or how it begins (default: the only unfinished one)")
      ->check(is_named);
  add_run_options(*command, *how);
  command->footer("Examples:\n  baton resume\n  baton resume 20260131-090500-1a2b3c --json");
  command->callback([&context, id, how] {
    context.chosen = [&context, id, how] { return resume(context, *id, *how); };
  });
}

} // namespace baton
