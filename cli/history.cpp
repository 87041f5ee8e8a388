#include "cli/workspace.hpp"

#include "cli/view/summary.hpp"
#include "messages/json.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/state_dir.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iostream>
#include <memory>

namespace baton {

namespace {

std::string when(time_point at) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

template <class T>
T or_fail(expected<T> value) {
  if (!value)
    throw command_failed{exit_code::io_error, describe(value.error()) + "\n"};
  return std::move(*value);
}

std::string state_of(const run_row& run) {
  if (run.status)
    return std::string{to_string(*run.status)};
  const auto owner = run_lock::owner(state_dir(), run.id);
  if (owner && *owner && (*owner)->alive)
    return fmt::format("{} (pid {})", to_string(run.state), (*owner)->pid);
  return "unfinished: baton resume " + run.id;
}

ordered_json json_of(const run_row& run) {
  ordered_json made{{"run", run.id},
                    {"fleet", run.fleet},
                    {"environment", run.environment},
                    {"ref", run.ref},
                    {"commit", run.commit},
                    {"requested_at", when(run.requested_at)},
                    {"requested_by", run.requested_by},
                    {"state", to_string(run.state)},
                    {"phase", run.phase},
                    {"cancelled", run.cancelled}};
  made["status"] = run.status ? ordered_json{to_string(*run.status)} : ordered_json{};
  made["exit_code"] = run.exit_code ? ordered_json{*run.exit_code} : ordered_json{};
  made["error"] = run.error.empty() ? ordered_json{} : ordered_json{run.error};
  return made;
}

void print_run(const run_row& run) {
  fmt::print("{}  {}  {:<12} {:<14} {:<12} {}\n", run.id, when(run.requested_at), run.environment,
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
  for (const auto& row : rows)
    print_run(row);
  if (rows.empty())
    std::cout << "no runs yet\n";
  return exit_code::ok;
}

/// The fleet's hosts as the last verdicts left them, and what runs now. From the journal alone: a
/// look at the hosts themselves is `baton health`.
int status_of(const cli_context& context, bool as_json) {
  const auto in = open_workspace(context);
  const auto states = or_fail(in.journal->host_states(in.fleet->name));
  const auto unfinished = or_fail(in.journal->unfinished_runs());
  if (as_json) {
    ordered_json hosts = ordered_json::array();
    for (const auto& one : states) {
      ordered_json host{{"host", one.host},
                        {"stack", one.stack},
                        {"serves", to_string(one.serves)},
                        {"commit", one.commit},
                        {"release", one.release},
                        {"run", one.run},
                        {"at", when(one.at)},
                        {"rollback_failed", one.rollback_failed}};
      host["healthy"] = one.healthy ? ordered_json{*one.healthy} : ordered_json{};
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
  for (const auto& host : in.fleet->hosts) {
    bool known = false;
    for (const auto& one : states) {
      if (one.host != host.reach.name)
        continue;
      known = true;
      fmt::print("{:<16} {:<12} serves {:<8} {:<12} {} since {}{}\n", one.host, one.stack,
                 to_string(one.serves),
                 one.healthy ? (*one.healthy ? "healthy" : "NOT healthy") : "",
                 one.commit.substr(0, 12), when(one.since),
                 one.rollback_failed ? "  rollback FAILED" : "");
    }
    if (!known)
      fmt::print("{:<16} nothing was deployed from here yet\n", host.reach.name);
  }
  for (const auto& row : unfinished)
    print_run(row);
  return exit_code::ok;
}

run_row find_run(journal& in, const std::string& id) {
  if (!id.empty()) {
    auto found = in.find_run(id);
    if (!found)
      throw command_failed{exit_code::no_input, describe(found.error()) + "\n"};
    return *found;
  }
  run_filter last;
  last.count_max = 1;
  const auto rows = or_fail(in.runs(last));
  if (rows.empty())
    throw command_failed{exit_code::no_input, "no runs yet\n"};
  return rows.front();
}

int show(const std::string& id, bool as_json, bool events) {
  const auto in = open_journal();
  const auto row = find_run(*in, id);
  const auto records = or_fail(in->read_run(row.id));
  const event::run_requested* begun = nullptr;
  const event::run_finished* ended = nullptr;
  for (const auto& one : records) {
    if (events) {
      auto wire = to_json(one);
      wire["seq"] = one.seq;
      std::cout << dump(wire) << "\n";
    }
    if (auto* first = std::get_if<event::run_requested>(&one.what))
      begun = first;
    if (auto* last = std::get_if<event::run_finished>(&one.what))
      ended = last;
  }
  if (as_json) {
    std::cout << (ended ? dump(to_json(*ended->result)) : dump(json_of(row))) << "\n";
  } else if (!events) {
    print_run(row);
    if (begun && ended)
      std::cout << summary(*begun->plan, *ended->result, locale_charset());
  }
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
  command->add_option("-n,--count", flags->count, "How many at most (default: 20)");
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
  struct options {
    std::string run;
    bool json = false;
    bool events = false;
  };
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand("show", "Show one run: its verdict, or its events");
  command->add_option("run", flags->run, "The run, or the beginning of its id (default: the last)");
  command->add_flag("--json", flags->json, "Its result as one JSON document");
  command->add_flag("--events", flags->events, "Its events as lines of JSON");
  command->callback([&context, flags] {
    context.chosen = [flags] { return show(flags->run, flags->json, flags->events); };
  });
}

} // namespace baton
