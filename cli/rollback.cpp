#include "cli/json_or_null.hpp"
#include "cli/kept_releases.hpp"
#include "cli/resume.hpp"

#include "messages/json.hpp"
#include "rules/plan.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <set>
#include <string>

namespace baton {

namespace {

struct rollback_flags {
  std::string to;
  std::vector<std::string> stages;
  std::string environment;
  bool list = false;
  bool yes = false;
  run_options show;
};

std::string line_of(std::size_t nth, const recall_choice& one) {
  auto text = fmt::format("{:>3}  {:<12}  run {}  {}", nth, one.commit.substr(0, 12), one.run,
                          one.at.substr(0, 16));
  if (one.serves)
    text += "  serves now";
  for (const auto& unit : one.lacking)
    text += (&unit == &one.lacking.front() ? "  not on " : ", ") + unit;
  return printable_lines(text);
}

ordered_json to_json(const std::vector<recall_choice>& choices) {
  ordered_json list = ordered_json::array();
  for (const auto& one : choices)
    list.push_back({{"run", one.run},
                    {"commit", one.commit},
                    {"at", one.at},
                    {"serves", one.serves},
                    {"available", one.lacking.empty()},
                    {"lacking", one.lacking}});
  return {{"schema", 1}, {"releases", list}};
}

/// Those that cannot be asked keep nothing that could be chosen: people hear of them.
void tell_unseen(const std::vector<kept_stack>& all) {
  for (const auto& one : all)
    if (!one.unseen.empty())
      std::cerr << printable_lines(one.unit + " cannot be asked: " + one.unseen);
}

int list(const std::vector<kept_stack>& all, const rollback_flags& flags) {
  const auto choices = recall_choices(all);
  tell_unseen(all);
  if (flags.show.json) {
    std::cout << dump(to_json(choices)) << "\n";
  } else {
    for (std::size_t nth = 0; nth < choices.size(); ++nth)
      std::cout << line_of(nth + 1, choices[nth]);
    if (choices.empty())
      std::cerr << "no good release is kept\n";
  }
  const bool all_seen =
      std::all_of(all.begin(), all.end(), [](const kept_stack& one) { return one.unseen.empty(); });
  return all_seen ? exit_code::ok : exit_code::unavailable;
}

/// Which release a person wants; refused where nobody can be asked.
std::string ask_for_one(const cli_context& context, const std::vector<kept_stack>& all) {
  const auto choices = recall_choices(all);
  tell_unseen(all);
  for (std::size_t nth = 0; nth < choices.size(); ++nth)
    std::cerr << line_of(nth + 1, choices[nth]);
  if (choices.empty())
    throw command_failed{exit_code::no_input, "no good release is kept: nothing to go back to\n"};
  if (context.no_input || !is_terminal(STDIN_FILENO) || !is_terminal(STDERR_FILENO))
    throw command_failed{exit_code::usage, "say what to go back to: baton rollback --to RUN\n"};
  std::cerr << fmt::format("Back to which? [1-{}] ", choices.size()) << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  std::size_t nth = 0;
  const auto [end, bad] = std::from_chars(answer.data(), answer.data() + answer.size(), nth);
  if (bad != std::errc{} || end != answer.data() + answer.size() || nth == 0
      || nth > choices.size())
    throw command_failed{exit_code::usage, "nothing was done\n"};
  return choices[nth - 1].run;
}

int say_nothing_to_do(const std::string& run, const rollback_flags& flags) {
  std::cerr << "nothing to do: the release of run " << run << " serves already\n";
  if (flags.show.json || flags.show.events)
    std::cout << dump({{"schema", 1}, {"rolled_back", false}, {"run", nullptr}, {"to", run}})
              << "\n";
  return exit_code::ok;
}

int rollback(const cli_context& context, const rollback_flags& flags) {
  const auto in = open_workspace(context);
  const std::set<std::string> stages{flags.stages.begin(), flags.stages.end()};
  request asked;
  asked.environment = flags.environment.empty() ? in.fleet->default_environment : flags.environment;
  plan_origin wanted;
  wanted.stages = stages;
  // Names are looked at before anybody is asked anything.
  if (const auto tried = make_plan(*in.fleet, asked, {"run", "release"}, {}, "", wanted); !tried)
    throw command_failed{exit_code::usage, tried.error()};
  if (!flags.list)
    finish_what_was_cut_off(context, in, flags.show, flags.yes);
  const auto kept = look_for_kept(context, in, asked.environment, stages);
  if (flags.list)
    return list(kept, flags);
  const auto to = flags.to.empty() ? ask_for_one(context, kept) : flags.to;
  auto origin = or_fail(recall_to(kept, to), exit_code::no_input);
  for (const auto& one : recall_choices(kept))
    if (one.run == origin.returns_to && one.serves)
      return say_nothing_to_do(one.run, flags);
  origin.stages = stages;
  asked.commit_hash = origin.commits.begin()->second;
  const auto id = new_run_id();
  auto made = make_plan(*in.fleet, asked, {id, "r" + id},
                        std::chrono::time_point_cast<duration>(std::chrono::system_clock::now()),
                        who_asks(), origin);
  if (!made)
    throw command_failed{exit_code::usage, made.error()};
  sign(*made, "rollback");
  if (!context.quiet)
    std::cerr << "run " << id << " goes back to the release of run " << origin.returns_to << "\n";
  return carry_out(context, in, std::make_shared<const plan>(std::move(*made)), flags.show)
      .exit_code;
}

} // namespace

void add_rollback(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<rollback_flags>();
  auto* command =
      app.add_subcommand("rollback", "Go back to a release that was good and is still kept");
  command->add_option("--to", flags->to,
                      "The run that brought it, or its commit (or how it begins)");
  command->add_option("--stage", flags->stages, "Only this stage; may be given again");
  command->add_option("--env", flags->environment, "The environment (default: the file's)");
  command->add_flag("--list", flags->list, "List what there is to go back to; do nothing");
  command->add_flag("-y,--yes", flags->yes, "Do not ask");
  add_run_options(*command, flags->show);
  command->footer("Examples:\n  baton rollback --list\n  baton rollback --to 20260131-0905\n"
                  "  baton rollback --to 1a2b3c4d --stage vps");
  command->callback([&context, flags] {
    context.chosen = [&context, flags] { return rollback(context, *flags); };
  });
}

} // namespace baton
