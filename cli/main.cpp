#include "cli/command.hpp"
#include "cli/near_command.hpp"
#include "cli/workspace.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <iostream>

namespace {

/// In the order in which help lists them.
constexpr baton::command_adder commands[] = {
    &baton::add_init,   &baton::add_check,      &baton::add_plan,    &baton::add_explain,
    &baton::add_deploy, &baton::add_status,     &baton::add_history, &baton::add_show,
    &baton::add_logs,   &baton::add_health,     &baton::add_secrets, &baton::add_snapshot,
    &baton::add_host,   &baton::add_adopt,      &baton::add_lease,   &baton::add_config,
    &baton::add_demo,   &baton::add_completion, &baton::add_version,
};

} // namespace

int main(int argc, char** argv) {
  using namespace baton;
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Deploys a commit to the machines you own, in order, and takes it back when a "
               "hand-over fails.\n\nExamples:\n  baton init\n  baton check --hosts\n"
               "  baton deploy\n  baton deploy v1.4.2 --env staging\n",
               "baton"};
  cli_context context;
  app.set_version_flag("--version", "baton " + version());
  app.fallthrough(); // `baton deploy -v` as well as `baton -v deploy`
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  app.add_option("--config", context.config_path, "The baton.yaml to use")->envname("BATON_CONFIG");
  app.add_flag("-q,--quiet", context.quiet, "Say only what went wrong");
  app.add_flag("-v,--verbose", context.verbosity, "Say more; twice: everything");
  app.add_flag("--no-color", context.no_color, "No colours, also where the terminal could");
  app.add_flag("--no-input", context.no_input, "Never ask");
  for (const auto add : commands)
    add(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    if (why.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
      return app.exit(why);
    if (argc == 1)
      std::cerr << app.help();
    else if (const auto wrong = wrong_command(app, argc, argv))
      std::cerr << *wrong << "\nRun with --help for more information.\n";
    else
      app.exit(why);
    return exit_code::usage;
  }
  try {
    return context.chosen ? context.chosen() : exit_code::usage;
  } catch (const command_failed& why) {
    std::cerr << why.message;
    return why.exit_code;
  } catch (const std::exception& why) {
    std::cerr << "baton: a bug, please report it: " << why.what() << "\n";
    return exit_code::internal;
  }
}
