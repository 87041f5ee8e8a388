#include "cli/view/text.hpp"
#include "cli/workspace.hpp"

#include "messages/json.hpp"
#include "rules/explain.hpp"
#include "rules/plan.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <iterator>
#include <memory>
#include <tuple>
#include <vector>

namespace baton {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "nothing" : text;
}

bool is_stage(const plan& of, const std::string& phase) {
  return std::any_of(of.stages.begin(), of.stages.end(),
                     [&](const stage& one) { return one.name == phase; });
}

bool means_the_same(const explanation& one, const explanation& other) {
  const auto meaning = [](const explanation& row) {
    return std::tie(row.rolled_back, row.put_back, row.keeps_new, row.ends, row.alert, row.then,
                    row.exit_code);
  };
  return meaning(one) == meaning(other);
}

/// `stage vps fails; or phase verification fails`: what means the same, the phases in their order.
std::string causes_text(const plan& of, const std::vector<explanation>& rows) {
  std::string text;
  std::string phase;
  for (const auto& row : rows) {
    if (row.phase == phase)
      text += ", or " + row.how;
    else
      text += (text.empty() ? "" : "; or ")
              + std::string{is_stage(of, row.phase) ? "stage " : "phase "} + row.phase + ' '
              + row.how;
    phase = row.phase;
  }
  return text;
}

void print_text(const plan& of, std::vector<explanation> rows) {
  fmt::print("What a failure means in environment {} of {}:\n", of.request.environment,
             of.fleet.name);
  const auto list = [](const char* what, const std::vector<std::string>& names) {
    fmt::print("{}", wrapped(what + joined(names), 4, 4));
  };
  while (!rows.empty()) {
    const auto row = rows.front();
    std::vector<explanation> same;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(same),
                 [&](const explanation& one) { return means_the_same(one, row); });
    std::erase_if(rows, [&](const explanation& one) { return means_the_same(one, row); });
    fmt::print("\n{}", wrapped("If " + causes_text(of, same) + ":", 0, 3));
    list("rolled back: ", row.rolled_back);
    if (!row.put_back.empty())
      list("secret files put back: ", row.put_back);
    list("keeps the new release: ", row.keeps_new);
    fmt::print("    status {}, exit code {}, alert {}; the run {}\n", to_string(row.ends),
               row.exit_code, to_string(row.alert),
               row.then == after_failure::go_on ? "goes on" : "stops");
  }
}

void print_json(const plan& of, const std::vector<explanation>& rows) {
  ordered_json list = ordered_json::array();
  for (const auto& row : rows)
    list.push_back({{"phase", row.phase},
                    {"how", row.how},
                    {"rolled_back", row.rolled_back},
                    {"put_back", row.put_back},
                    {"keeps_new", row.keeps_new},
                    {"status", to_string(row.ends)},
                    {"alert", to_string(row.alert)},
                    {"then", to_string(row.then)},
                    {"exit_code", row.exit_code}});
  std::cout << dump({{"schema", 1},
                     {"fleet", of.fleet.name},
                     {"environment", of.request.environment},
                     {"failures", list}})
            << "\n";
}

} // namespace

void add_explain(CLI::App& app, cli_context& context) {
  struct options {
    request asked;
    bool no_rollback = false;
    bool json = false;
  };
  auto flags = std::make_shared<options>();
  auto* command =
      app.add_subcommand("explain", "Say what each failure would mean for this baton.yaml");
  command->add_option("--env", flags->asked.environment, "The environment (default: the file's)");
  command->add_flag("--skip-tests", flags->asked.skip_tests, "As for deploy");
  command->add_flag("--no-rollback", flags->no_rollback, "As for deploy");
  command->add_flag("--json", flags->json, "As one JSON document");
  command->callback([&context, flags] {
    context.chosen = [&context, flags] {
      flags->asked.rollback_on_failure = !flags->no_rollback;
      const auto fleet = open_fleet(context);
      const auto made = make_plan(*fleet, flags->asked, {"run", "release"}, {}, who_asks());
      if (!made)
        throw command_failed{exit_code::usage, made.error()};
      const auto rows = explain(*made);
      if (flags->json)
        print_json(*made, rows);
      else
        print_text(*made, rows);
      return exit_code::ok;
    };
  });
}

} // namespace baton
