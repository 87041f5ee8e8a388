#include "cli/plan.hpp"
#include "cli/queue.hpp"
#include "cli/resume.hpp"
#include "cli/view/plan_text.hpp"

#include "messages/json.hpp"
#include "rules/plan.hpp"
#include "runtime/config/units.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <unistd.h>

namespace baton {

namespace {

struct deploy_flags {
  std::optional<std::string> ref;
  std::string environment;
  bool skip_tests = false;
  bool no_rollback = false;
  std::string request_file;
  bool yes = false;
  bool dry_run = false;
  std::string queue; ///< how long to wait for others; empty: not at all, `true`: as long as usual
  run_options show;
};

std::string read_all(const std::string& file) {
  if (file == "-")
    return {std::istreambuf_iterator<char>{std::cin}, {}};
  std::ifstream in{file, std::ios::binary};
  if (!in)
    throw command_failed{exit_code::no_input, "cannot read the request " + file + "\n"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

[[noreturn]] void bad_request(const std::string& what) {
  throw command_failed{
      exit_code::bad_input,
      "the request is not good: " + what
          + "\nIt looks like {\"commit_hash\": \"main\", \"environment\": "
            "\"production\", \"rollback_on_failure\": true, \"skip_tests\": false}\n"};
}

/// The request as JSON; every key may be left out, none may be misspelt.
request read_request(const std::string& file) {
  request asked;
  std::set<std::string> seen;
  std::string twice;
  const auto note_key = [&](int depth, json::parse_event_t what, json& key) {
    if (what == json::parse_event_t::key && depth == 1
        && !seen.insert(key.get<std::string>()).second)
      twice = key.get<std::string>();
    return true;
  };
  const auto read = json::parse(read_all(file), note_key, false);
  if (!read.is_object())
    bad_request("it is no JSON object");
  if (!twice.empty())
    bad_request("\"" + twice + "\" is said twice");
  for (const auto& [key, value] : read.items()) {
    const bool is_text = key == "commit_hash" || key == "environment";
    const bool is_flag = key == "rollback_on_failure" || key == "skip_tests";
    if (!is_text && !is_flag)
      bad_request("unknown key \"" + key + "\"");
    if (is_text ? !value.is_string() : !value.is_boolean())
      bad_request("\"" + key + "\" must be " + (is_text ? "a text" : "true or false"));
    if (key == "commit_hash")
      asked.commit_hash = value.get<std::string>();
    else if (key == "environment")
      asked.environment = value.get<std::string>();
    else if (key == "rollback_on_failure")
      asked.rollback_on_failure = value.get<bool>();
    else
      asked.skip_tests = value.get<bool>();
  }
  return asked;
}

request request_of(const deploy_flags& flags) {
  auto asked = flags.request_file.empty() ? request{} : read_request(flags.request_file);
  if (flags.ref)
    asked.commit_hash = *flags.ref;
  if (!flags.environment.empty())
    asked.environment = flags.environment;
  asked.skip_tests = asked.skip_tests || flags.skip_tests;
  asked.rollback_on_failure = asked.rollback_on_failure && !flags.no_rollback;
  return asked;
}

/// The first run of an environment, asked for by a person: the plan is shown, and asked once.
void ask_once(const cli_context& context, const workspace& in, const plan& todo) {
  if (!is_terminal(STDIN_FILENO) || !is_terminal(STDERR_FILENO) || context.no_input)
    return;
  run_filter before;
  before.fleet = in.fleet->name;
  before.environment = todo.request.environment;
  const auto earlier = in.journal->runs(before);
  if (earlier && std::ranges::any_of(*earlier, [](const run_row& run) {
        return run.status != status::aborted;
      }))
    return;
  std::cerr << plan_text(todo);
  if (!confirm(context, "This is the first deployment of environment " + todo.request.environment
                            + ". Go on?"))
    throw command_failed{exit_code::usage, "nothing was done\n"};
}

constexpr duration queue_usual = std::chrono::minutes{10};

std::optional<duration> queue_time(const deploy_flags& flags) {
  if (flags.queue.empty())
    return std::nullopt;
  if (flags.queue == "true")
    return queue_usual;
  const auto time = parse_duration(flags.queue);
  if (!time)
    throw command_failed{exit_code::usage, "--queue=" + printable(flags.queue, 40)
                                               + " is no time; it looks like --queue=10m\n"};
  return time;
}

/// Waits for the hosts, then carries the run out; whatever ended the waiting, the run tells it.
int deploy_in_turn(const cli_context& context, const workspace& in,
                   const std::shared_ptr<const plan>& todo, const deploy_flags& flags,
                   duration longest) {
  queue_turn turn{in, todo, longest, [&context](const std::string& text) {
                    if (!context.quiet)
                      std::cerr << printable_lines(text) << std::flush;
                  }};
  while (turn.wait() == queue_turn::outcome::cut_off) {
    finish_what_was_cut_off(context, in, flags.show, flags.yes);
    if (is_anything_cut_off(in)) // somebody wants it left, or it is another fleet's: no use to wait
      break;
  }
  auto how = flags.show;
  how.ended_by = [&turn] {
    auto by = turn.signal();
    if (!by.empty())
      turn.give_back();
    return by;
  };
  try {
    return carry_out(context, in, todo, how).exit_code;
  } catch (...) {
    turn.give_back(); // it did not begin
    throw;
  }
}

int deploy(const cli_context& context, const deploy_flags& flags) {
  const auto asked = request_of(flags);
  const auto queue = queue_time(flags);
  if (flags.dry_run)
    return show_plan(context, asked, flags.show.json || flags.show.events, false);
  const auto in = open_workspace(context);
  const auto run = new_run_id();
  auto made = make_plan(*in.fleet, asked, {run, "r" + run},
                        std::chrono::time_point_cast<duration>(std::chrono::system_clock::now()),
                        who_asks());
  if (!made)
    throw command_failed{exit_code::usage, made.error()};
  sign(*made, "deploy");
  auto todo = std::make_shared<const plan>(std::move(*made));
  finish_what_was_cut_off(context, in, flags.show, flags.yes);
  if (!flags.yes)
    ask_once(context, in, *todo);
  if (queue)
    return deploy_in_turn(context, in, todo, flags, *queue);
  return carry_out(context, in, todo, flags.show).exit_code;
}

} // namespace

void add_deploy(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<deploy_flags>();
  auto* command = app.add_subcommand("deploy", "Bring a commit to the hosts of an environment");
  command->add_option("ref", flags->ref, "Branch, tag or commit (default: main)");
  command->add_option("--env", flags->environment, "The environment (default: the file's)");
  command->add_flag("--skip-tests", flags->skip_tests, "Leave the tests out");
  command->add_flag("--no-rollback", flags->no_rollback, "Take nothing back when something fails");
  command->add_option("--request", flags->request_file, "Read the request as JSON (- for stdin)");
  command->add_flag("--queue", flags->queue,
                    "Wait for others that own a host; --queue=TIME: for at most so long (10m)");
  command->add_flag("-y,--yes", flags->yes, "Do not ask");
  command->add_flag("--dry-run", flags->dry_run,
                    "Print the plan, as `baton plan` does; do nothing");
  add_run_options(*command, flags->show);
  command->footer("Examples:\n  baton deploy\n  baton deploy v1.4.2 --env staging\n"
                  "  baton deploy --dry-run\n  baton deploy --json --yes main | jq .status");
  command->callback([&context, flags] {
    context.chosen = [&context, flags] { return deploy(context, *flags); };
  });
}

} // namespace baton
