#include "cli/cut_off.hpp"
#include "cli/failure.hpp"
#include "cli/log_format.hpp"
#include "cli/near_command.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <optional>
#include <sys/stat.h>

namespace {

/// In the order in which help lists them.
constexpr baton::command_adder commands[] = {
    &baton::add_init,     &baton::add_check,  &baton::add_plan,       &baton::add_explain,
    &baton::add_deploy,   &baton::add_resume, &baton::add_cancel,     &baton::add_retry,
    &baton::add_rollback, &baton::add_status, &baton::add_history,    &baton::add_show,
    &baton::add_logs,     &baton::add_health, &baton::add_secrets,    &baton::add_snapshot,
    &baton::add_host,     &baton::add_adopt,  &baton::add_lease,      &baton::add_config,
    &baton::add_alert,    &baton::add_ack,    &baton::add_audit,      &baton::add_metrics,
    &baton::add_serve,    &baton::add_demo,   &baton::add_completion, &baton::add_version,
};

/// A socket or the journal must not become what `cout` and `cerr` write to.
void open_closed_outputs() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != fd)
      std::abort();
}

/// Whether all that was said on stdout came through. Who closes a pipe (`| head`) has seen enough.
bool all_was_said() {
  struct stat out {};
  std::cout.flush();
  const bool through = std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return through || ::fstat(1, &out) != 0 || S_ISFIFO(out.st_mode) || S_ISSOCK(out.st_mode);
}

/// A verdict stays what it is: the exit code of `deploy` tells of the hosts.
int ended(const CLI::App& app, int code) {
  if (all_was_said())
    return code;
  std::cerr << "not all could be written to standard output; is its disk full?\n";
  return code == baton::exit_code::ok && !app.got_subcommand("deploy") ? baton::exit_code::io_error
                                                                       : code;
}

} // namespace

int main(int argc, char** argv) {
  using namespace baton;
  open_closed_outputs();
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Deploys a commit to the machines you own, in order, and takes it back when a "
               "hand-over fails.\n\nExamples:\n  baton init\n  baton check --hosts\n"
               "  baton deploy\n  baton deploy v1.4.2 --env staging\n",
               "baton"};
  cli_context context;
  context.json = wants_json(argc, argv);
  app.set_version_flag("--version", "baton " + version());
  app.fallthrough(); // `baton deploy -v` as well as `baton -v deploy`
  app.require_subcommand(1);
  app.add_option("--config", context.config_path, "The baton.yaml to use")->envname("BATON_CONFIG");
  app.add_flag("-q,--quiet", context.quiet, "Say only what went wrong");
  app.add_flag("-v,--verbose", context.verbosity, "Say more; twice: everything");
  app.add_flag("--no-color", context.no_color, "No colours, also where the terminal could");
  app.add_flag("--no-input", context.no_input, "Never ask");
  app.add_option(
         "--log-format", context.log_format,
         "What standard error is for: human, json (one object a line), auto (json, where it "
         "goes to the journal of systemd)")
      ->check(CLI::IsMember({"human", "json", "auto"}));
  for (const auto add : commands)
    add(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    if (why.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
      return ended(app, app.exit(why));
    if (argc == 1) {
      std::cerr << app.help();
      return exit_code::usage;
    }
    command_failed failure{exit_code::usage,
                           wrong_command(app, argc, argv).value_or(why.what()) + "\n"};
    failure.message += "Run with --help for more information.\n";
    return ended(app, tell(context, failure));
  }
  std::optional<json_stderr> for_programs;
  if (logs_as_json(context))
    for_programs.emplace();
  try {
    if (context.chosen && !context.quiet)
      say_what_was_cut_off(app.get_subcommands().front()->get_name());
    return ended(app, context.chosen ? context.chosen() : exit_code::usage);
  } catch (const command_failed& why) {
    return ended(app, tell(context, why));
  } catch (const std::exception& why) {
    return ended(app,
                 tell(context, {exit_code::internal, std::string{"baton: a bug, please report it: "}
                                                         + why.what() + "\n"}));
  }
}
