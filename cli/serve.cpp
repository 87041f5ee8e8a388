#include "cli/queue.hpp"
#include "cli/signals.hpp"
#include "cli/workspace.hpp"

#include "metrics/recorder.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/state_dir.hpp"
#include "web/server.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <condition_variable>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace baton {

namespace {

/// Not in the range that Prometheus's exporters share; `baton` on the keys of a telephone.
constexpr const char* default_address = "127.0.0.1:22866";

constexpr const char* landing_page = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Baton</title></head>
<body><h1>Baton</h1><p><a href="/metrics">Metrics</a></p></body></html>
)";

/// The numbers as they are now, whoever has added to the journal meanwhile.
web_answer answer_metrics(recorder& numbers, journal& from, const std::filesystem::path& state) {
  if (auto done = numbers.catch_up(from); !done)
    return {500, "text/plain; charset=utf-8", describe(done.error()) + "\n"};
  numbers.runs_queued(run_lock::owned(queue_folder(state)).size());
  return {200, "text/plain; version=0.0.4; charset=utf-8", numbers.exposition()};
}

/// Reads along, so that a scrape finds little left to read.
class follower {
public:
  follower(recorder& numbers, journal& from)
      : thread_{[&](const std::stop_token& end) {
          std::unique_lock alone{mutex_};
          while (!wake_.wait_for(alone, end, pace, [] { return false; }) && !end.stop_requested())
            (void)numbers.catch_up(from); // a scrape tells what is wrong
        }} {}

private:
  static constexpr auto pace = std::chrono::seconds{1};

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_; ///< last: it uses the others
};

/// The fleet of baton.yaml, if there is one here: its series are there before its first run.
void know_own_fleet(const cli_context& context, recorder& numbers) {
  try {
    numbers.know(*open_fleet(context));
  } catch (const command_failed& why) {
    if (why.exit_code != exit_code::no_input || !context.config_path.empty())
      throw;
  }
}

int serve_metrics(const cli_context& context, const std::string& listen) {
  auto at = parse_listen_address(listen);
  if (!at)
    throw command_failed{exit_code::usage, at.error()};
  const auto from = open_journal();
  const auto state = state_dir();
  recorder numbers{{version(), revision()}};
  know_own_fleet(context, numbers);
  // What is long to read is read before anybody waits for it.
  if (auto done = numbers.catch_up(*from); !done)
    throw command_failed{exit_code::io_error, done.error()};

  std::promise<std::string> ended;
  const signals heard{[&ended](const std::string& name, int before) {
                        if (before == 0)
                          ended.set_value(name);
                      },
                      {}};
  web_server::options how;
  how.at = *at;
  how.routes = {
      {"/",
       [] {
         return web_answer{200, "text/html; charset=utf-8", landing_page};
       }},
      {"/metrics", [&] { return answer_metrics(numbers, *from, state); }},
  };
  const auto server = web_server::start(std::move(how));
  if (!server)
    throw command_failed{server.error().code == ec::usage ? exit_code::usage
                                                          : exit_code::unavailable,
                         server.error()};
  const follower along{numbers, *from};
  if (!context.quiet)
    std::cerr << "metrics: " << (*server)->url() << "metrics (Ctrl-C ends it)\n" << std::flush;
  ended.get_future().wait();
  return exit_code::ok;
}

} // namespace

void add_serve(CLI::App& app, cli_context& context) {
  struct options {
    bool metrics_only = false;
    std::string listen = default_address;
  };
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand("serve", "Serve the metrics to Prometheus over HTTP");
  command
      ->add_flag("--metrics-only", flags->metrics_only,
                 "Nothing but the metrics of this state folder's journal, for a scrape")
      ->required();
  command
      ->add_option("--listen", flags->listen,
                   "Numeric address and port (default: 127.0.0.1:22866); port 0 takes any")
      ->type_name("ADDRESS:PORT");
  command->footer("Anybody who reaches the address reads the names of your hosts and commits: put "
                  "a proxy with a login in front of anything but loopback.\n"
                  "Example:\n  baton serve --metrics-only");
  command->callback([&context, flags] {
    context.chosen = [&context, flags] { return serve_metrics(context, flags->listen); };
  });
}

} // namespace baton
