#include "cli/json_or_null.hpp"
#include "cli/workspace.hpp"

#include "messages/json.hpp"
#include "messages/json_time.hpp"
#include "metrics/families.hpp"
#include "metrics/recorder.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <memory>
#include <optional>

namespace baton {

namespace {

int list_families(bool as_json) {
  const auto all = all_families();
  if (as_json) {
    auto list = ordered_json::array();
    for (const auto& one : all)
      list.push_back(
          {{"name", one.name}, {"type", one.type}, {"labels", one.labels}, {"help", one.help}});
    std::cout << dump({{"schema", 1}, {"metrics", list}}) << "\n";
    return exit_code::ok;
  }
  for (const auto& one : all)
    fmt::print("{:<46} {:<10} {:<28} {}\n", one.name, one.type,
               one.labels.empty() ? "-" : fmt::format("{}", fmt::join(one.labels, ",")), one.help);
  return exit_code::ok;
}

/// All fleets of this state folder together.
int print_figures(bool as_json) {
  const auto from = open_journal();
  recorder numbers{{version(), revision()}};
  if (auto done = numbers.catch_up(*from); !done)
    throw command_failed{exit_code::io_error, done.error()};
  const auto sums = numbers.summed();
  const auto begun = or_fail(from->begun_at());
  const auto created = begun ? std::optional{format_time(*begun)} : std::nullopt;
  constexpr int tokens_used = 0; // no language model is asked for anything
  const auto completed = static_cast<std::uint64_t>(sums.tasks_completed);
  const auto errors = static_cast<std::uint64_t>(sums.errors);
  if (as_json)
    std::cout << dump({{"schema", 1},
                       {"tasks_completed", completed},
                       {"tokens_used", tokens_used},
                       {"errors", errors},
                       {"created_at", or_null(created)}})
              << "\n";
  else
    fmt::print("tasks_completed  {}\ntokens_used      {}\nerrors           {}\ncreated_at       "
               "{}\n",
               completed, tokens_used, errors, created.value_or("-"));
  return exit_code::ok;
}

} // namespace

void add_metrics(CLI::App& app, cli_context& context) {
  struct options {
    bool list = false;
    bool json = false;
  };
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand(
      "metrics", "How many runs succeeded, how many steps failed, and since when");
  command->add_flag("--list", flags->list, "List every metric: name, type, labels, help");
  command->add_flag("--json", flags->json, "As one JSON document");
  command->footer("All of them for Prometheus: baton serve --metrics-only, or "
                  "baton deploy --metrics-file FILE.prom");
  command->callback([&context, flags] {
    context.chosen = [flags] {
      return flags->list ? list_families(flags->json) : print_figures(flags->json);
    };
  });
}

} // namespace baton
