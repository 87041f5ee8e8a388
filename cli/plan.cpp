#include "cli/plan.hpp"

#include "cli/forecast.hpp"
#include "cli/view/plan_text.hpp"

#include "messages/json.hpp"
#include "rules/plan.hpp"
#include "runtime/log/redact_record.hpp"
#include "runtime/secrets/known_secrets.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace baton {

int show_plan(const cli_context& context, const request& asked, bool as_json, bool tells) {
  const auto in = open_workspace(context);
  const auto made = make_plan(*in.fleet, asked, {"run", "release"}, {}, who_asks());
  if (!made)
    throw command_failed{exit_code::usage, made.error()};
  const auto ahead = look_ahead(context, in, made->request);
  if (ahead.why)
    throw command_failed{ahead.why->code == ec::bad_commit ? exit_code::bad_input
                                                           : exit_code::unavailable,
                         *ahead.why};
  if (as_json)
    std::cout << dump({{"schema", 1},
                       {"environment", made->request.environment},
                       {"commit", ahead.commit},
                       {"changes", ahead.changes()},
                       {"hosts", to_json(ahead)},
                       {"plan", to_json(redact(*known_secrets{*in.fleet}.all(), *made))}})
              << "\n";
  else
    std::cout << plan_text(*made) << "\n" << forecast_text(ahead);
  if (!ahead.all_seen())
    return exit_code::unavailable;
  return tells && ahead.changes() ? 1 : exit_code::ok;
}

void add_plan(CLI::App& app, cli_context& context) {
  struct options {
    request asked;
    std::string ref;
    bool json = false;
    bool exit_code = false;
  };
  auto flags = std::make_shared<options>();
  auto* command =
      app.add_subcommand("plan", "What a deployment would do and change, host by host; looks only");
  command->add_option("ref", flags->ref, "Branch, tag or commit (default: main)");
  command->add_option("--env", flags->asked.environment, "The environment (default: the file's)");
  command->add_flag("--skip-tests", flags->asked.skip_tests, "As for deploy");
  command->add_flag("--exit-code", flags->exit_code,
                    "End with 1 when something would change, with 0 when nothing would");
  command->add_flag("--json", flags->json, "As one JSON document");
  command->footer("Examples:\n  baton plan\n  baton plan v1.4.2 --env staging\n"
                  "  baton plan --exit-code >/dev/null && echo nothing would change");
  command->callback([&context, flags] {
    context.chosen = [&context, flags] {
      if (!flags->ref.empty())
        flags->asked.commit_hash = flags->ref;
      return show_plan(context, flags->asked, flags->json, flags->exit_code);
    };
  });
}

} // namespace baton
