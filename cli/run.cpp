#include "cli/run.hpp"

#include "actors/house.hpp"
#include "cli/audited_act.hpp"
#include "cli/delivery.hpp"
#include "cli/hosts_of_house.hpp"
#include "cli/log_format.hpp"
#include "cli/metered_actors.hpp"
#include "cli/metric_files.hpp"
#include "cli/observers.hpp"
#include "cli/record_log.hpp"
#include "cli/report/kept_output.hpp"
#include "cli/report/render.hpp"
#include "cli/run_mirror.hpp"
#include "cli/signals.hpp"
#include "cli/view/plain.hpp"
#include "cli/view/terminal.hpp"
#include "cli/view/tty.hpp"
#include "messages/json.hpp"
#include "metrics/metered_transport.hpp"
#include "metrics/recorder.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/sealed_plan.hpp"
#include "runtime/log/log.hpp"
#include "runtime/log/redact_record.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <thread>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

/// Runs whose steps' output stays for `baton logs`.
constexpr std::size_t outputs_kept = 200;

/// The journal, as the keeper needs it. No secret gets further than here.
class journal_store : public record_store {
public:
  journal_store(std::shared_ptr<journal> in, std::shared_ptr<const redactor> secrets,
                std::shared_ptr<recorder> numbers)
      : in_{std::move(in)}, secrets_{std::move(secrets)}, numbers_{std::move(numbers)} {}

  expected<void> append(std::vector<record>& records) override {
    for (auto& one : records)
      one = redact(*secrets_, std::move(one));
    const auto began = std::chrono::steady_clock::now();
    auto done = in_->append(records);
    numbers_->journal_written(std::chrono::steady_clock::now() - began, done.has_value());
    numbers_->journal_size(in_->size_bytes());
    if (!done)
      return tl::unexpected<error>{done.error()};
    return {};
  }
  expected<std::size_t> count(const std::string& run) override { return in_->count(run); }
  expected<std::vector<record>> read(const std::string& run) override { return in_->read_run(run); }

private:
  std::shared_ptr<journal> in_;
  std::shared_ptr<const redactor> secrets_;
  std::shared_ptr<recorder> numbers_;
};

/// For what only looks: nothing of it stays.
class memory_store : public record_store {
public:
  expected<void> append(std::vector<record>& records) override {
    all_.insert(all_.end(), records.begin(), records.end());
    return {};
  }
  expected<std::size_t> count(const std::string&) override { return all_.size(); }
  expected<std::vector<record>> read(const std::string&) override { return all_; }

private:
  std::vector<record> all_;
};

/// Which of the ways of showing progress it is: tty, plain or quiet. A block is drawn in place only
/// where that can be, and where nothing else of ours writes on that terminal meanwhile.
std::string progress_of(const run_options& how, const cli_context& context) {
  if (context.quiet || logs_as_json(context))
    return "quiet";
  if (how.progress == "plain" || how.progress == "quiet")
    return how.progress;
  const bool alone = context.verbosity == 0 && !(how.events && is_terminal(STDOUT_FILENO));
  return can_redraw(STDERR_FILENO) && alone ? "tty" : "plain";
}

std::shared_ptr<observer> view_of(const std::string& progress, const cli_context& context) {
  if (progress == "tty")
    return std::make_shared<tty_view>(STDERR_FILENO, locale_charset(),
                                      wants_colour(context, STDERR_FILENO));
  if (progress == "plain")
    return std::make_shared<plain_view>(STDERR_FILENO);
  return nullptr;
}

using say_fn = std::function<void(const std::string&)>;

/// A signal that comes before there is anything that could be stopped, kept in mind.
class early_signal {
public:
  std::string name() {
    heard_.settle();
    const std::lock_guard alone{mutex_};
    return name_;
  }

private:
  std::mutex mutex_; ///< guards name_
  std::string name_;
  signals heard_{[this](const std::string& name, int before) {
                   if (before > 0)
                     ::_exit(exit_code::try_again);
                   const std::lock_guard alone{mutex_};
                   name_ = name;
                 },
                 {}}; ///< last: its thread uses the others
};

void print(const run_options& how, const result& told) {
  if (how.json || how.events)
    std::cout << dump(to_json(told)) << "\n" << std::flush;
}

void cancel(house& actors, secret_contents& contents, const run_mirror& mirror, const plan& todo,
            const say_fn& say, const std::string& name) {
  // Whoever hung up is gone: nobody hears how to end it at once.
  say(name + ": stopping; " + mirror.cancel_words() + "; look with: baton show " + todo.run
      + (name == "SIGHUP" ? "" : "; once more to end at once"));
  actors.cancel(name);
  // A step that waits for one has no effect yet, and is not begun any more.
  contents.stop();
}

/// For the hosts to hear that what they run is to be killed. They see to it by themselves.
constexpr duration halt_patience{2'000};

/// What runs on a host that cannot be asked goes on there, to its end or its deadline; the journal
/// knows of it.
[[noreturn]] void end_at_once(const cli_context& context, house& actors, const run_mirror& mirror,
                              const plan& todo, const run_options& how, const say_fn& say,
                              const std::string& name) {
  (void)actors.halt(halt_patience);
  const auto told =
      mirror.unfinished(std::chrono::time_point_cast<duration>(std::chrono::system_clock::now()));
  print(how, told);
  if (told.status) // it was at its end
    ::_exit(told.exit_code);
  // This run's result would not have been what the command prints.
  if (context.json && !how.json && !how.events)
    std::cout << dump(to_json(command_failed{
        exit_code::try_again, unexpected(ec::cancelled, name + ": ended at once").value()}))
              << "\n"
              << std::flush;
  say("ended at once; nothing more is taken back now\nbaton resume " + todo.run);
  ::_exit(exit_code::try_again);
}

/// A run that was asked to stop before it began: only that it was wanted is written down, so
/// nothing is asked of any host.
result end_unbegun(house& actors, record_store& store,
                   const std::vector<std::shared_ptr<observer>>& hear,
                   const std::shared_ptr<const plan>& todo, const std::string& name) {
  record wanted;
  wanted.run = todo->run;
  wanted.at = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
  wanted.what = event::run_requested{todo};
  std::vector<record> first{wanted};
  if (const auto done = store.append(first); !done)
    throw command_failed{exit_code::io_error, done.error()};
  for (const auto& one : hear)
    one->on_record(first.front());
  actors.cancel(name);
  return actors.carry_out(todo, std::make_shared<const std::vector<record>>(std::move(first)));
}

/// JSON lines into the file; on stderr the view and the report speak to people already, unless it
/// is for programs.
std::shared_ptr<logger> start_log(const cli_context& context, const workspace& in, const plan& of,
                                  std::shared_ptr<const redactor> secrets) {
  log_options options;
  options.file = log_file_of(*in.fleet);
  options.file_level = log_level_from_string(in.fleet->log_level).value_or(log_level::info);
  options.terminal_level = context.verbosity > 1   ? log_level::debug
                           : context.verbosity > 0 ? log_level::info
                                                   : log_level::off;
  options.terminal_json = logs_as_json(context);
  if (options.terminal_json)
    options.terminal_level = std::min(options.terminal_level, options.file_level);
  options.run = of.run;
  options.fleet = of.fleet.name;
  options.secrets = std::move(secrets);
  auto made = std::make_shared<logger>(std::move(options));
  log_to(made);
  return made;
}

/// What nobody needs after a run's end: the plan with its secrets, and the folder of the steps that
/// ran here, with what they printed as they printed it.
void tidy_up(const workspace& in, const plan& todo) {
  forget_sealed_plan(in.state, todo.run);
  std::error_code ignored;
  std::filesystem::remove_all(in.state / "controller" / todo.run, ignored);
}

} // namespace

void add_run_options(CLI::App& command, run_options& into) {
  auto* as_json = command.add_flag("--json", into.json, "Print the result as one JSON document");
  command.add_flag("--events", into.events, "Print the events as lines of JSON, the result last")
      ->excludes(as_json);
  command
      .add_option("--progress", into.progress,
                  "How to show progress: auto, tty (one block redrawn, where that can be), plain "
                  "(lines), quiet")
      ->check(CLI::IsMember({"auto", "tty", "plain", "quiet"}));
  command.add_option("--metrics-file", into.metrics_file,
                     "Write the metrics to this file after each phase");
}

result carry_out(const cli_context& context, const workspace& in,
                 const std::shared_ptr<const plan>& todo, const run_options& how,
                 const std::shared_ptr<const std::vector<record>>& so_far) {
  // From the moment on that others see who works at the run, and may ask it to stop.
  early_signal asked_early;
  std::optional<run_lock> lock;
  if (how.journaled) {
    auto got = run_lock::acquire(in.state, todo->run);
    if (!got)
      throw command_failed{exit_code::try_again, got.error()};
    lock = std::move(*got);
  }

  const auto progress = progress_of(how, context);
  auto view = view_of(progress, context);

  const auto tty = std::dynamic_pointer_cast<tty_view>(view);
  const bool is_json = logs_as_json(context);
  const say_fn say = [tty, is_json](const std::string& text) {
    if (is_json)
      log(log_level::info, text);
    else if (tty)
      tty->say(text);
    else
      std::cerr << printable_lines(text) << std::flush;
  };
  const auto leave_terminal = [tty] {
    if (tty)
      tty->finish();
  };

  house::options with;
  with.of = std::make_shared<const fleet>(todo->fleet);
  with.hosts = hosts_of_house(in, todo->fleet, todo->hosts, todo->request.environment);
  const auto contents = with.hosts.contents;
  const auto stopped_by = asked_early.name().empty() ? learn_secrets(*contents) : std::string{};
  const auto secrets = with.hosts.secrets;
  const auto lines = start_log(context, in, *todo, secrets);
  const head_log heads{in.journal, log_file_of(*in.fleet), todo->run, todo->fleet.name, is_json};
  auto numbers = metrics_of(in);
  with.hosts.network = metered(with.hosts.network, numbers);
  with.hosts.watch = metered_actors(numbers);
  if (how.journaled) {
    if (const auto kept = seal_plan(in.state, *todo, redact(*secrets, *todo)); !kept)
      throw command_failed{exit_code::io_error, kept.error()};
    with.store = std::make_shared<journal_store>(in.journal, secrets, numbers);
  } else {
    with.store = std::make_shared<memory_store>();
  }
  auto mirror = std::make_shared<run_mirror>(todo);
  with.observers.push_back(mirror);
  if (view)
    with.observers.push_back(view);
  // Both show what is; the others tell what becomes.
  if (so_far) {
    const auto mark = [&](const std::string& text) {
      if (progress == "plain")
        std::cerr << text << std::flush;
    };
    mark("run " + todo->run + " was cut off; until then:\n");
    for (const auto& one : with.observers)
      for (const auto& past : *so_far)
        one->on_record(past);
    mark("from here on it is resumed\n");
    log(log_level::info, "the run is gone on with by " + who_asks(), {.event = "run_resumed"});
    heads.write();
  }
  if (how.also)
    with.observers.push_back(how.also);
  if (how.events)
    with.observers.push_back(std::make_shared<event_printer>());
  with.observers.push_back(std::make_shared<record_log>(todo));
  if (how.journaled) // of what only looks `logs` knows no run
    with.observers.push_back(std::make_shared<output_files>(in.state, secrets));
  if (progress != "plain" && !is_json)
    with.observers.push_back(std::make_shared<alert_teller>(say));
  const auto deliveries = how.journaled ? std::make_shared<delivery_starter>(in) : nullptr;
  if (deliveries) {
    deliveries->start_if_needed();
    with.observers.push_back(deliveries);
  }
  const auto unwritten = std::make_shared<std::string>();
  with.observers.push_back(std::make_shared<phase_bell>(
      [numbers, heads, journaled = how.journaled](const record& what) {
        if (!journaled)
          return;
        if (std::holds_alternative<event::run_requested>(what.what))
          heads.write(); // who asked for a run is known also when it is cut off
        count_or_log([&] { numbers->apply(what); });
      },
      [numbers, lines, in, files = metric_files(in, how.metrics_file), journaled = how.journaled,
       unwritten] {
        count_or_log([&] { *unwritten = write_metrics(*numbers, in, *lines, files, journaled); });
      }));

  result told;
  {
    const auto store = with.store;
    const auto hear = with.observers;
    house actors{std::move(with)};
    const auto around_stop = [tty](bool goes_on) { goes_on ? tty->go_on() : tty->pause(); };
    signals heard{[&](const std::string& name, int before) {
                    if (before == 0)
                      return cancel(actors, *contents, *mirror, *todo, say, name);
                    leave_terminal();
                    end_at_once(context, actors, *mirror, *todo, how, say, name);
                  },
                  tty ? around_stop : std::function<void(bool)>{}};
    if (!how.cancelled_by.empty())
      cancel(actors, *contents, *mirror, *todo, say, how.cancelled_by);
    auto ended_by = how.ended_by ? how.ended_by() : std::string{};
    const auto early = stopped_by.empty() ? asked_early.name() : stopped_by;
    if (!early.empty() && ended_by.empty()) {
      // One that goes on, or has waited with leases, has something to take back.
      if (so_far || how.ended_by)
        cancel(actors, *contents, *mirror, *todo, say, early);
      else
        ended_by = early;
    }
    told = ended_by.empty() ? actors.carry_out(todo, so_far)
                            : end_unbegun(actors, *store, hear, todo, ended_by);
  }
  if (deliveries)
    deliveries->start_if_needed();
  if (how.journaled) {
    if (const auto done = numbers->save(*in.journal); !done)
      log(log_level::warning, describe(done.error()), {.event = "metrics_failed"});
    count_or_log([&] { push_metrics(in, *numbers); });
    if (const auto done = prune_step_outputs(in.state, outputs_kept); !done)
      log(log_level::warning, describe(done.error()), {.event = "prune_failed"});
  }
  if (how.journaled)
    heads.write();
  if (told.status)
    tidy_up(in, *todo);
  leave_terminal();
  if (how.announced && !is_json && (!context.quiet || told.status != status::success))
    std::cerr << as_text(mirror->report(told, kept_output(in.state)), locale_charset());
  print(how, told);
  if (!unwritten->empty() && !context.quiet)
    std::cerr << "note: the metrics were not written: " << *unwritten << "\n";
  if (how.journaled && in.fleet->alerts.wait > duration::zero())
    await_delivery(*in.journal, *in.fleet, in.fleet->alerts.wait);
  if (how.journaled && (!context.quiet || told.status != status::success))
    note_stopped_channels(*in.journal, *in.fleet);
  return told;
}

} // namespace baton
