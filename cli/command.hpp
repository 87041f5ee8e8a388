#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace baton {

/// What all commands share. Owned by main; lives as long as the process.
struct cli_context {
  std::string config_path;         ///< `--config`; empty: looked for (runtime/config)
  std::string log_format = "auto"; ///< human, json, auto
  bool quiet = false;
  int verbosity = 0;
  bool no_color = false;
  bool no_input = false; ///< never ask
  bool json = false;     ///< somebody reads stdout as JSON
  /// Set by the command that was given; returns the exit code (those of a run, else sysexits).
  std::function<int()> chosen;
};

/// Exit codes that no run ends with (sysexits.h).
namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int usage = 64;
inline constexpr int bad_input = 65;
inline constexpr int no_input = 66;
inline constexpr int unavailable = 69;
inline constexpr int internal = 70;
inline constexpr int io_error = 74;
inline constexpr int try_again = 75;
inline constexpr int no_permission = 77;
inline constexpr int config = 78;
} // namespace exit_code

/// This build, for metrics and bug reports.
std::string version();
std::string revision();

/// Each command is a file of cli/ with a function of this shape; main.cpp lists them.
using command_adder = void (*)(CLI::App& app, cli_context& context);

void add_ack(CLI::App& app, cli_context& context);
void add_adopt(CLI::App& app, cli_context& context);
void add_alert(CLI::App& app, cli_context& context);
void add_audit(CLI::App& app, cli_context& context);
void add_cancel(CLI::App& app, cli_context& context);
void add_check(CLI::App& app, cli_context& context);
void add_completion(CLI::App& app, cli_context& context);
void add_config(CLI::App& app, cli_context& context);
void add_demo(CLI::App& app, cli_context& context);
void add_deploy(CLI::App& app, cli_context& context);
void add_explain(CLI::App& app, cli_context& context);
void add_health(CLI::App& app, cli_context& context);
void add_history(CLI::App& app, cli_context& context);
void add_host(CLI::App& app, cli_context& context);
void add_init(CLI::App& app, cli_context& context);
void add_lease(CLI::App& app, cli_context& context);
void add_logs(CLI::App& app, cli_context& context);
void add_metrics(CLI::App& app, cli_context& context);
void add_plan(CLI::App& app, cli_context& context);
void add_resume(CLI::App& app, cli_context& context);
void add_retry(CLI::App& app, cli_context& context);
void add_rollback(CLI::App& app, cli_context& context);
void add_secrets(CLI::App& app, cli_context& context);
void add_serve(CLI::App& app, cli_context& context);
void add_show(CLI::App& app, cli_context& context);
void add_snapshot(CLI::App& app, cli_context& context);
void add_status(CLI::App& app, cli_context& context);
void add_version(CLI::App& app, cli_context& context);

} // namespace baton
