#include "cli/audited_act.hpp"
#include "cli/workspace.hpp"
#include "messages/json.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <memory>

namespace baton {

namespace {

/// The runs that are meant, and of them those that nobody has acknowledged.
std::vector<std::string> runs_to_acknowledge(const journal& in, const std::string& fleet,
                                             const std::string& id) {
  const auto wanted = id.empty() ? std::string{} : or_fail(in.find_run(id), exit_code::no_input).id;
  std::vector<std::string> runs;
  for (const auto& one : or_fail(in.open_attention(fleet)))
    if (wanted.empty() || one.run == wanted)
      runs.push_back(one.run);
  return runs;
}

void write_down(const workspace& in, const std::vector<std::string>& runs) {
  std::vector<record> records;
  for (const auto& run : runs) {
    record one;
    one.at = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
    one.what = event::acknowledged{run, who_asks()};
    records.push_back(std::move(one));
  }
  or_fail(in.journal->append(records));
}

int acknowledge(const cli_context& context, const std::string& id, bool of_one, bool as_json) {
  if (of_one && id.empty())
    throw command_failed{exit_code::usage,
                         "an empty name is no run; without one it is all of them\n"};
  const auto in = open_workspace(context);
  const auto runs = runs_to_acknowledge(*in.journal, in.fleet->name, id);
  if (!runs.empty())
    audited(*in.fleet, "ack", fmt::format("{}", fmt::join(runs, ", ")), [&] {
      write_down(in, runs);
      return exit_code::ok;
    });
  if (as_json)
    std::cout << dump({{"schema", 1}, {"acknowledged", runs}}) << "\n";
  if (context.quiet)
    return exit_code::ok;
  for (const auto& run : runs)
    std::cerr << "acknowledged: " << run << "\n";
  if (runs.empty())
    std::cerr << "nothing to acknowledge\n";
  return exit_code::ok;
}

} // namespace

void add_ack(CLI::App& app, cli_context& context) {
  auto id = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  auto* command =
      app.add_subcommand("ack", "Say that you know how a run ended: no reminders of it any more");
  auto* run = command->add_option("run", *id,
                                  "Its id, or how it begins (default: all that nobody knows of)");
  command->add_flag("--json", *as_json, "As one JSON document");
  command->footer("Examples:\n  baton ack\n  baton ack 20260131-090500-1a2b3c");
  command->callback([&context, id, run, as_json] {
    const bool of_one = run->count() > 0;
    context.chosen = [&context, id, of_one, as_json] {
      return acknowledge(context, *id, of_one, *as_json);
    };
  });
}

} // namespace baton
