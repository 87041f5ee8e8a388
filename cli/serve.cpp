#include "cli/queue.hpp"
#include "cli/signals.hpp"
#include "cli/workspace.hpp"

#include "metrics/recorder.hpp"
#include "runtime/config/paths.hpp"
#include "runtime/fault.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/state_dir.hpp"
#include "web/server.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace baton {

namespace {

/// Not in the range that Prometheus's exporters share; `baton` on the keys of a telephone.
constexpr const char* default_address = "127.0.0.1:22866";

constexpr const char* landing_page = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Baton</title></head>
<body><h1>Baton</h1><p><a href="/metrics">Metrics</a></p></body></html>
)";

/// The numbers of the journal that stands there now, and of the fleet that baton.yaml describes
/// now. Where one of them is replaced, they begin anew: what was counted of the other is gone.
/// Members may be called from any thread.
class live_numbers {
public:
  /// Throws command_failed: no journal, no baton.yaml where one was named, or a wrong one.
  explicit live_numbers(const cli_context& context) : context_{context} {
    changed_ = change_of_config();
    fleet_ = own_fleet();
    from_ = open_journal();
    begin();
    // What is long to read is read before anybody waits for it.
    or_fail(numbers_->catch_up(*from_));
  }

  /// As they are now, whoever has added to the journal meanwhile.
  expected<std::shared_ptr<recorder>> now() {
    const std::lock_guard alone{mutex_};
    if (auto done = follow(); !done)
      return tl::unexpected<error>{done.error()};
    if (auto done = numbers_->catch_up(*from_); !done)
      return tl::unexpected<error>{done.error()};
    return numbers_;
  }

private:
  using change = std::optional<std::filesystem::file_time_type>;

  void begin() {
    numbers_ = std::make_shared<recorder>(recorder::build_words{version(), revision()});
    if (fleet_) // its series are there before its first run
      numbers_->know(*fleet_);
  }

  expected<void> follow() {
    const auto changed = change_of_config();
    const bool is_other_config = changed != std::exchange(changed_, changed);
    if (!is_other_config && !from_->is_replaced())
      return {};
    if (from_->is_replaced()) {
      const auto file = journal_file(state_dir());
      if (std::error_code none; !std::filesystem::exists(file, none))
        return fault(ec::journal_failed, "the journal " + file.string() + " is not there any more");
      auto opened = journal::open(file);
      if (!opened)
        return tl::unexpected<error>{opened.error()};
      from_ = std::make_shared<journal>(std::move(*opened));
    }
    if (is_other_config)
      try {
        fleet_ = own_fleet();
      } catch (const command_failed&) {
        // In the midst of being written, or wrong: the one before counts.
      }
    begin();
    return {};
  }

  /// The fleet of baton.yaml, if there is one here.
  std::shared_ptr<const fleet> own_fleet() const {
    try {
      return open_fleet(context_);
    } catch (const command_failed& why) {
      if (why.exit_code != exit_code::no_input || !context_.config_path.empty())
        throw;
      return nullptr;
    }
  }

  change change_of_config() const {
    const auto file = find_config(context_.config_path);
    std::error_code none;
    const auto at = file ? std::filesystem::last_write_time(*file, none) : change::value_type{};
    return file && !none ? change{at} : change{};
  }

  cli_context context_;
  std::mutex mutex_; ///< guards the others
  change changed_;
  std::shared_ptr<const fleet> fleet_; ///< null: none
  std::shared_ptr<journal> from_;
  std::shared_ptr<recorder> numbers_;
};

constexpr const char* plain_text = "text/plain; charset=utf-8";

web_answer failed(int status, const error& why) {
  return {status, plain_text, describe(why) + "\n"};
}

web_answer answer_metrics(live_numbers& of) {
  const auto numbers = of.now();
  if (!numbers)
    return failed(500, numbers.error());
  (*numbers)->runs_queued(run_lock::owned(queue_folder(state_dir())).size());
  return {200, "text/plain; version=0.0.4; charset=utf-8", (*numbers)->exposition()};
}

/// Whether a scrape would be answered.
web_answer answer_health(live_numbers& of) {
  const auto numbers = of.now();
  return numbers ? web_answer{200, plain_text, "ok\n"} : failed(503, numbers.error());
}

/// Reads along, so that a scrape finds little left to read.
class follower {
public:
  explicit follower(live_numbers& numbers)
      : thread_{[&](const std::stop_token& end) {
          std::unique_lock alone{mutex_};
          while (!wake_.wait_for(alone, end, pace, [] { return false; }) && !end.stop_requested())
            (void)numbers.now(); // a scrape tells what is wrong
        }} {}

private:
  static constexpr auto pace = std::chrono::seconds{1};

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_; ///< last: it uses the others
};

int serve_metrics(const cli_context& context, const std::string& listen) {
  auto at = parse_listen_address(listen);
  if (!at)
    throw command_failed{exit_code::usage, at.error()};
  live_numbers numbers{context};

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
      {"/metrics", [&] { return answer_metrics(numbers); }},
      {"/healthz", [&] { return answer_health(numbers); }},
  };
  const auto server = web_server::start(std::move(how));
  if (!server)
    throw command_failed{server.error().code == ec::usage ? exit_code::usage
                                                          : exit_code::unavailable,
                         server.error()};
  const follower along{numbers};
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
