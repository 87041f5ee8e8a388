#include "cli/audited_act.hpp"
#include "cli/json_or_null.hpp"
#include "cli/report/kept_output.hpp"
#include "cli/report/render.hpp"
#include "cli/resume.hpp"
#include "cli/run_mirror.hpp"
#include "cli/signals.hpp"
#include "messages/json.hpp"
#include "runtime/journal/run_lock.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <thread>

namespace baton {

namespace {

struct cancel_flags {
  std::string run;
  bool now = false;
  bool no_wait = false;
  run_options show;
};

/// How often the journal is looked at for the verdict.
constexpr duration verdict_poll{100};
/// For a process that has just taken a run to say who it is.
constexpr duration owner_patience{2'000};

/// The run that is meant: the one with that id, else the only one that is not finished.
std::optional<run_row> run_to_cancel(const workspace& in, const std::string& id) {
  if (!id.empty())
    return or_fail(in.journal->find_run(id), exit_code::no_input);
  const auto all = unfinished_runs(in);
  if (all.size() > 1) {
    std::string text = "several runs are not finished; name one:\n";
    for (const auto& row : all)
      text += "  baton cancel " + row.id + "\n";
    throw command_failed{exit_code::usage, text};
  }
  return all.empty() ? std::nullopt : std::optional{all.front()};
}

int say_nothing_to_cancel(const std::optional<run_row>& row, const cancel_flags& flags) {
  const auto status = row ? std::optional{std::string{to_string(*row->status)}} : std::nullopt;
  std::cerr << "nothing to cancel: "
            << (row ? fmt::format("run {} has ended, {}", row->id, *status) : "no run is under way")
            << "\n";
  if (flags.show.json || flags.show.events)
    std::cout << dump({{"schema", 1},
                       {"cancelled", false},
                       {"run", or_null(row ? row->id : std::string{})},
                       {"status", or_null(status)}})
              << "\n";
  return exit_code::ok;
}

/// The process that works at the run, held; nothing when nobody does. Throws when it cannot be
/// proven to be that one.
std::optional<process_handle> worker_of(const workspace& in, const std::string& run) {
  const auto until = std::chrono::steady_clock::now() + owner_patience;
  while (true) {
    const auto owner = or_fail(run_lock::owner(in.state, run));
    if (!owner || !owner->alive)
      return std::nullopt;
    auto held = process_handle::open(owner->process);
    // Whoever has the lock now may not be the one that the file names: it must still be both.
    const auto again = or_fail(run_lock::owner(in.state, run));
    const bool is_same = again && again->alive && again->process == owner->process;
    if (held && is_same)
      return std::move(*held);
    if (!held && is_same && std::chrono::steady_clock::now() > until)
      throw command_failed{exit_code::unavailable,
                           "nobody can tell from here which process works at run " + run + ": "
                               + held.error().what + "; cancel it where it runs\n"};
    std::this_thread::sleep_for(verdict_poll);
  }
}

void ask(const process_handle& worker, const std::string& run, bool now) {
  const auto sent = worker.send(SIGTERM, now ? cancel_at_once : cancel_in_order);
  if (!sent && sent.error().code == ec::auth_failed)
    throw command_failed{exit_code::no_permission, "run " + run
                                                       + " was started by another user: cancel it "
                                                         "as that user\n"};
  // One that is gone has ended meanwhile, or was cut off: its journal tells.
}

/// Until the process has ended, or its run has. Once it is said where somebody else must act first.
void wait_for_end(const workspace& in, const process_handle& worker, const std::string& run) {
  bool told = false;
  while (!worker.ends_within(verdict_poll) && !or_fail(in.journal->find_run(run)).status) {
    if (told || !worker.is_stopped())
      continue;
    told = true;
    const auto owner = or_fail(run_lock::owner(in.state, run));
    const auto pid = owner ? std::to_string(owner->process.pid) : std::string{"PID"};
    std::cerr << "process " << pid
              << ", which works at it, is stopped and hears nothing: let it go on "
              << "(kill -CONT " << pid << "), or end it (kill -9 " << pid
              << ") and call baton cancel again\n";
  }
}

/// Waits for the end of the process, and tells what became of its run.
int await_verdict(const cli_context& context, const workspace& in, const process_handle& worker,
                  const std::string& run, const cancel_flags& flags) {
  wait_for_end(in, worker, run);
  const auto records = or_fail(in.journal->read_run(run));
  run_mirror mirror{std::make_shared<const plan>(journaled_plan(records))};
  for (const auto& one : records)
    mirror.on_record(one);
  const auto told =
      mirror.unfinished(std::chrono::time_point_cast<duration>(std::chrono::system_clock::now()));
  if (told.status && (!context.quiet || told.status != status::success))
    std::cerr << as_text(mirror.report(told, kept_output(in.state)), locale_charset());
  if (flags.show.json)
    std::cout << dump(to_json(told)) << "\n" << std::flush;
  if (!told.status)
    std::cerr << "run " << run << " is not at its end\nbaton resume " << run << "\n";
  return told.exit_code;
}

int cancel_run(const cli_context& context, const cancel_flags& flags) {
  const auto in = open_workspace(context);
  const auto row = run_to_cancel(in, flags.run);
  if (!row || row->status)
    return say_nothing_to_cancel(row, flags);
  const auto worker = worker_of(in, row->id);
  if (!worker) {
    if (flags.now || flags.no_wait)
      throw command_failed{exit_code::usage,
                           "run " + row->id
                               + " was cut off: nobody works at it. To take back what it has done: "
                                 "baton cancel "
                               + row->id + "\n"};
    auto how = flags.show;
    how.cancelled_by = "baton cancel by " + user_name();
    return go_on_with(context, in, *row, how).exit_code;
  }
  audited(*in.fleet, "cancel", row->id + (flags.now ? " at once" : ""), [&] {
    ask(*worker, row->id, flags.now);
    return exit_code::ok;
  });
  if (!context.quiet)
    std::cerr << "run " << row->id << " was asked to " << (flags.now ? "end at once" : "stop")
              << (flags.no_wait ? "; see: baton show " + row->id : "") << "\n";
  if (!flags.no_wait)
    return await_verdict(context, in, *worker, row->id, flags);
  if (flags.show.json)
    std::cout << dump({{"schema", 1}, {"run", row->id}, {"asked", true}}) << "\n";
  return exit_code::ok;
}

} // namespace

void add_cancel(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<cancel_flags>();
  auto* command = app.add_subcommand("cancel", "Stop a run, and take back what its policy says");
  command
      ->add_option("run", flags->run, "Its id, or how it begins (default: the only unfinished one)")
      ->check(is_named);
  command->add_flag("--now", flags->now, "End it at once; it can be resumed");
  command->add_flag("--no-wait", flags->no_wait, "Do not wait for its verdict");
  command->add_flag("--json", flags->show.json, "Print the result as one JSON document");
  command->footer("Examples:\n  baton cancel\n  baton cancel 20260131-090500-1a2b3c --json");
  command->callback([&context, flags] {
    context.chosen = [&context, flags] { return cancel_run(context, *flags); };
  });
}

} // namespace baton
