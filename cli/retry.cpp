#include "cli/parts.hpp"
#include "cli/resume.hpp"

#include "messages/json.hpp"
#include "rules/plan.hpp"
#include "rules/retry_of.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <set>
#include <variant>
#include <vector>

namespace baton {

namespace {

struct retry_flags {
  std::string run;
  bool yes = false;
  run_options show;
};

struct ended_run {
  plan todo;
  result told;
};

ended_run read_ended(const workspace& in, const std::string& run) {
  const auto records = or_fail(in.journal->read_run(run));
  ended_run made{journaled_plan(records), {}};
  for (const auto& one : records)
    if (const auto* end = std::get_if<event::run_finished>(&one.what))
      made.told = *end->result;
  return made;
}

/// The fleet's newest runs, the newest first.
std::vector<run_row> newest_runs(const workspace& in) {
  run_filter last;
  last.fleet = in.fleet->name;
  last.count_max = 1000;
  return or_fail(in.journal->runs(last));
}

/// The run that is meant: the one with that id, else the fleet's last that did more than look.
std::string run_to_retry(const workspace& in, const std::string& id) {
  if (!id.empty())
    return or_fail(in.journal->find_run(id), exit_code::no_input).id;
  for (const auto& row : newest_runs(in))
    if (row.status != status::aborted)
      return row.id;
  throw command_failed{exit_code::no_input, "no runs yet; there is nothing to retry\n"};
}

/// What is done again, and what must stand elsewhere. A run that was a retry itself stands on what
/// the one before it has left.
retry_of_run retry_with_what_stands(const workspace& in, const std::string& run) {
  const auto ended = read_ended(in, run);
  auto made = or_fail(retry_of(ended.todo, ended.told), exit_code::usage);
  for (auto before = ended.todo.retries; !before.empty();) {
    const auto earlier = read_ended(in, before);
    const auto part = or_fail(retry_of(earlier.todo, earlier.told), exit_code::usage);
    for (const auto& [host, release] : part.stands)
      made.stands.emplace(host, release);
    before = earlier.todo.retries;
  }
  return made;
}

[[noreturn]] void refuse(const std::string& run, const std::string& why) {
  throw command_failed{exit_code::usage, "run " + run + " cannot be retried: " + why
                                             + "; baton deploy does all of it\n"};
}

/// No later run from here has changed a host of the stages that are done again.
void insist_that_nobody_came_since(const workspace& in, const std::string& run,
                                   const retry_of_run& what) {
  std::set<std::string> hosts;
  for (const auto& stage : in.fleet->stages)
    if (what.origin.stages.contains(stage.name))
      hosts.insert(stage.hosts.begin(), stage.hosts.end());
  for (const auto& row : newest_runs(in)) {
    if (row.id == run)
      return;
    for (const auto& host : read_ended(in, row.id).told.changed)
      if (hosts.contains(host))
        refuse(run, "run " + row.id + " has been on " + host + " since");
  }
}

/// Nobody has come in between: neither from here, nor, as far as a look can tell, from elsewhere.
void insist_that_it_stands(const cli_context& context, const workspace& in, const std::string& run,
                           const retry_of_run& what) {
  insist_that_nobody_came_since(in, run, what);
  if (what.stands.empty())
    return;
  part looks;
  looks.phases["verification"] = {step_kind::verify};
  for (const auto& [host, release] : what.stands)
    looks.hosts.insert(host);
  auto todo = plan_of_part(*in.fleet, what.request.environment, looks);
  todo.release.clear();
  for (auto& stage : todo.stages)
    for (auto& stack : stage.stacks) {
      stack.health.steady = duration::zero();
      stack.health.deadline = duration::zero();
    }
  run_options how;
  how.journaled = false;
  how.announced = false;
  how.progress = "quiet";
  const auto told = carry_out(context, in, std::make_shared<const plan>(std::move(todo)), how);
  for (const auto& [host, release] : what.stands) {
    const auto seen = told.hosts.find(host);
    const auto why =
        why_changed(host, release, seen == told.hosts.end() ? host_verdict{} : seen->second);
    if (!why.empty())
      refuse(run, why);
  }
}

int retry(const cli_context& context, const retry_flags& flags) {
  const auto in = open_workspace(context);
  finish_what_was_cut_off(context, in, flags.show, flags.yes);
  const auto run = run_to_retry(in, flags.run);
  const auto what = retry_with_what_stands(in, run);
  insist_that_it_stands(context, in, run, what);
  const auto id = new_run_id();
  auto made = make_plan(*in.fleet, what.request, {id, "r" + id},
                        std::chrono::time_point_cast<duration>(std::chrono::system_clock::now()),
                        who_asks(), what.origin);
  if (!made)
    throw command_failed{exit_code::usage, made.error()};
  sign(*made, "retry");
  if (!context.quiet)
    std::cerr << "run " << id << " retries run " << run << "\n";
  return carry_out(context, in, std::make_shared<const plan>(std::move(*made)), flags.show)
      .exit_code;
}

} // namespace

void add_retry(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<retry_flags>();
  auto* command = app.add_subcommand(
      "retry", "After a partial success: do the failed stages again, on the same commit");
  command->add_option("run", flags->run,
                      "Its id, or how it begins (default: the last run that did more "
                      "than look)");
  command->add_flag("-y,--yes", flags->yes, "Do not ask");
  add_run_options(*command, flags->show);
  command->footer("Examples:\n  baton retry\n  baton retry 20260131-090500-1a2b3c --json");
  command->callback(
      [&context, flags] { context.chosen = [&context, flags] { return retry(context, *flags); }; });
}

} // namespace baton
