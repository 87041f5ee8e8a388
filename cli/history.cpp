#include "cli/delivery.hpp"
#include "cli/json_or_null.hpp"
#include "cli/report/kept_output.hpp"
#include "cli/report/render.hpp"
#include "cli/resume.hpp"
#include "cli/workspace.hpp"

#include "cli/view/draw.hpp"
#include "cli/view/host_line.hpp"
#include "messages/json.hpp"
#include "messages/json_time.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/state_dir.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <vector>

namespace baton {

namespace {

/// For people, to the minute: `2026-01-31 09:05`, UTC as the ids of runs are.
std::string when(time_point at) {
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

/// Who works at a run that is not finished; nothing: nobody.
std::optional<int> worker_pid(const run_row& run) {
  const auto owner = run_lock::owner(state_dir(), run.id);
  if (run.status || !owner || !*owner || !(*owner)->alive)
    return std::nullopt;
  return static_cast<int>((*owner)->process.pid);
}

std::string state_of(const run_row& run) {
  if (run.status)
    return std::string{to_string(*run.status)};
  if (const auto pid = worker_pid(run))
    return fmt::format("{} (pid {})", to_string(run.state), *pid);
  return "unfinished: baton resume " + run.id;
}

ordered_json json_of(const run_row& run) {
  ordered_json made{{"run", run.id},
                    {"fleet", run.fleet},
                    {"environment", run.environment},
                    {"ref", run.ref},
                    {"commit", run.commit},
                    {"requested_at", format_time(run.requested_at)},
                    {"requested_by", run.requested_by},
                    {"state", to_string(run.state)},
                    {"phase", run.phase},
                    {"cancelled", run.cancelled}};
  const auto status =
      run.status ? std::optional{std::string{to_string(*run.status)}} : std::nullopt;
  const auto finished =
      run.finished_at ? std::optional{format_time(*run.finished_at)} : std::nullopt;
  made["status"] = or_null(status);
  made["finished_at"] = or_null(finished);
  made["exit_code"] = or_null(run.exit_code);
  made["error"] = or_null(run.error);
  return made;
}

/// With their fleets, where they are of several, or of another than this.
void print_runs(const std::vector<run_row>& runs, const std::string& fleet) {
  const bool is_mixed =
      std::any_of(runs.begin(), runs.end(), [&](const run_row& run) { return run.fleet != fleet; });
  for (const auto& run : runs)
    fmt::print("{}  {:<12} {:<14} {:<12} {}\n", run.id,
               is_mixed ? run.fleet + "/" + run.environment : run.environment,
               printable(run.ref, 14), run.commit.substr(0, 12), state_of(run));
}

int history(const std::string& fleet, std::size_t count, bool as_json) {
  run_filter which;
  which.fleet = fleet;
  which.count_max = count;
  const auto rows = or_fail(open_journal()->runs(which));
  if (as_json) {
    ordered_json list = ordered_json::array();
    for (const auto& row : rows)
      list.push_back(json_of(row));
    std::cout << dump({{"schema", 1}, {"runs", list}}) << "\n";
    return exit_code::ok;
  }
  if (!rows.empty())
    print_runs(rows, rows.front().fleet);
  else
    std::cerr << "no runs yet; the first is made by: baton deploy\n";
  return exit_code::ok;
}

void print_hosts(const fleet& in, const std::vector<host_state>& states) {
  fmt::print("{}, by the last verdicts, and since when (UTC); baton health looks now:\n", in.name);
  for (const auto& host : in.hosts) {
    const auto& name = host.reach.name;
    const auto is_here = [&](const host_state& one) { return one.host == name; };
    const auto stacks = std::count_if(states.begin(), states.end(), is_here);
    if (stacks == 0)
      fmt::print("  {:<16} nothing was deployed from here yet\n", name);
    for (const auto& one : states) {
      if (!is_here(one))
        continue;
      const auto shown = stacks > 1 ? name + "/" + one.stack : name;
      fmt::print("{:<62} {}\n", host_line(shown, {one.serves, one.healthy, one.commit, {}, {}}),
                 when(one.since));
      if (one.rollback_failed)
        fmt::print("  {:<16} the rollback FAILED there: a person is needed\n", "");
    }
  }
}

/// The fleet's hosts as the last verdicts left them, and what runs now. From the journal alone: a
/// look at the hosts themselves is `baton health`.
int status_of(const cli_context& context, bool as_json) {
  const auto in = open_workspace(context);
  const auto states = or_fail(in.journal->host_states(in.fleet->name));
  const auto unfinished = or_fail(in.journal->unfinished_runs());
  if (!context.quiet)
    note_stopped_channels(*in.journal, *in.fleet);
  if (as_json) {
    ordered_json hosts = ordered_json::array();
    for (const auto& one : states) {
      ordered_json host{{"host", one.host},
                        {"stack", one.stack},
                        {"serves", to_string(one.serves)},
                        {"commit", one.commit},
                        {"release", one.release},
                        {"run", one.run},
                        {"at", format_time(one.at)},
                        {"since", format_time(one.since)},
                        {"rollback_failed", one.rollback_failed}};
      host["healthy"] = or_null(one.healthy);
      hosts.push_back(std::move(host));
    }
    ordered_json runs = ordered_json::array();
    for (const auto& row : unfinished)
      runs.push_back(json_of(row));
    std::cout << dump(
        {{"schema", 1}, {"fleet", in.fleet->name}, {"hosts", hosts}, {"unfinished", runs}})
              << "\n";
    return exit_code::ok;
  }
  print_hosts(*in.fleet, states);
  if (!unfinished.empty())
    std::cout << "\nnot finished:\n";
  print_runs(unfinished, in.fleet->name);
  return exit_code::ok;
}

/// Which secrets its hosts have got: the same word for the same content.
void print_secrets(const result& ended) {
  const auto found = std::ranges::find_if(
      ended.details, [](const auto& one) { return one.first == "secrets_sync"; });
  if (found == ended.details.end() || found->second.outcome != phase_outcome::ok)
    return;
  std::map<std::string, std::string> hosts; // by version
  for (const auto& [host, version] : found->second.facts)
    (hosts[version] += hosts[version].empty() ? "" : ", ") += host;
  for (const auto& [version, names] : hosts)
    fmt::print("secrets {} on {}\n", version, names);
}

/// The page of a run, also of one that is not finished: what is known so far.
std::string report_of(const run_row& row, const std::vector<record>& records, report_form form) {
  const auto of = journaled_plan(records);
  const auto story = story_of(of, records);
  const auto now = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
  return render(make_report(of, story, verdict(of, story.now, now), kept_output(state_dir()),
                            worker_pid(row)),
                form, locale_charset());
}

/// Its phases, and how it ended or goes on.
void print_story(const run_row& row, const view_model& view, const std::vector<record>& records,
                 const result* ended) {
  const auto shows = locale_charset();
  const auto now = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
  constexpr std::size_t columns_max = 80;
  for (const auto& line : draw(view, row.finished_at.value_or(now), columns_max,
                               std::numeric_limits<std::size_t>::max(), shows))
    std::cout << line << "\n";
  fmt::print("asked for by {} on {} UTC\n", row.requested_by, when(row.requested_at));
  if (view.of && !view.of->retries.empty())
    fmt::print("retries run {}\n", view.of->retries);
  if (view.of && !view.of->returns_to.empty())
    fmt::print("goes back to the release of run {}\n", view.of->returns_to);
  if (ended)
    print_secrets(*ended);
  if (ended)
    std::cout << report_of(row, records, report_form::text);
  else
    std::cout << state_of(row) << "\n";
}

struct show_flags {
  std::string run;
  bool json = false;
  bool events = false;
  std::string report; ///< a form; empty: none
};

int show(const cli_context& context, const show_flags& flags) {
  const auto in = open_journal();
  const auto row = run_named(context, *in, flags.run);
  const auto records = or_fail(in->read_run(row.id));
  if (const auto form = report_form_from_string(flags.report)) {
    std::cout << report_of(row, records, *form);
    return exit_code::ok;
  }
  if (flags.events) {
    for (const auto& one : records) {
      auto wire = to_json(one);
      wire["seq"] = one.seq;
      std::cout << dump(wire) << "\n";
    }
    return exit_code::ok;
  }
  view_model view;
  const event::run_finished* ended = nullptr;
  for (const auto& one : records) {
    fold_record(view, one);
    if (const auto* last = std::get_if<event::run_finished>(&one.what))
      ended = last;
  }
  if (flags.json)
    std::cout << (ended ? dump(to_json(*ended->result)) : dump(json_of(row))) << "\n";
  else
    print_story(row, view, records, ended ? ended->result.get() : nullptr);
  return exit_code::ok;
}

} // namespace

void add_history(CLI::App& app, cli_context& context) {
  struct options {
    std::string fleet;
    std::size_t count = 20;
    bool json = false;
  };
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand("history", "List past runs, newest first");
  command->add_option("--fleet", flags->fleet, "Only of this fleet");
  command->add_option("-n,--count", flags->count, "How many at most (default: 20)")
      ->check(CLI::PositiveNumber);
  command->add_flag("--json", flags->json, "As one JSON document");
  command->callback([&context, flags] {
    context.chosen = [flags] { return history(flags->fleet, flags->count, flags->json); };
  });
}

void add_status(CLI::App& app, cli_context& context) {
  auto as_json = std::make_shared<bool>(false);
  auto* command =
      app.add_subcommand("status", "What each host serves, by the last verdict, and what runs now");
  command->add_flag("--json", *as_json, "As one JSON document");
  command->callback([&context, as_json] {
    context.chosen = [&context, as_json] { return status_of(context, *as_json); };
  });
}

void add_show(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<show_flags>();
  auto* command = app.add_subcommand("show", "Show one run: its verdict, or its events");
  command->add_option("run", flags->run,
                      "The run, or the beginning of its id (default: the fleet's last)");
  auto* as_json = command->add_flag("--json", flags->json, "Its result as one JSON document");
  auto* events = command->add_flag("--events", flags->events, "Its events as lines of JSON");
  command
      ->add_option("--report", flags->report,
                   "What became of it on one page: text, md (for a comment on a pull request), "
                   "html (for mail)")
      ->check(CLI::IsMember({"text", "md", "html"}))
      ->excludes(as_json)
      ->excludes(events);
  command->footer("Examples:\n  baton show\n  baton show 20260131-0905 --json\n"
                  "  baton show --report md >comment.md");
  command->callback(
      [&context, flags] { context.chosen = [&context, flags] { return show(context, *flags); }; });
}

} // namespace baton
