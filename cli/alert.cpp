#include "actors/mail_room.hpp"
#include "cli/audited_act.hpp"
#include "cli/delivery.hpp"
#include "cli/json_or_null.hpp"
#include "cli/metric_files.hpp"
#include "cli/signals.hpp"
#include "messages/json.hpp"
#include "messages/json_time.hpp"
#include "rules/message.hpp"
#include "runtime/config/near_name.hpp"
#include "runtime/journal/journal_watch.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/state_dir.hpp"
#include "runtime/log/log.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/log/utf8.hpp"
#include "runtime/notify/send.hpp"
#include "runtime/secrets/said_secrets.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace baton {

namespace {

time_point alert_now() {
  return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

std::shared_ptr<const redactor> secrets_of(const fleet& of) {
  auto by = std::make_shared<redactor>();
  for (const auto& one : secrets_said(of))
    by->add(one);
  for (const auto& channel : of.alerts.channels)
    for (const auto& secret : secrets_of_channel(channel))
      by->add(secret);
  return by;
}

std::shared_ptr<logger> log_deliveries(const cli_context& context, const workspace& in) {
  log_options options;
  options.file = log_file_of(*in.fleet);
  options.file_level = log_level_from_string(in.fleet->log_level).value_or(log_level::info);
  options.terminal_level = context.quiet ? log_level::error : log_level::warning;
  options.secrets = secrets_of(*in.fleet);
  auto made = std::make_shared<logger>(std::move(options));
  log_to(made);
  return made;
}

/// How long it is worth waiting for what waits: each message for so long since it came to be, a
/// reminder since the end of its run.
time_point worth_until(const journal& in, const fleet& of) {
  time_point until{};
  const auto last = of.alerts.deliver_for;
  for (const auto& row : in.waiting_messages(of.name).value_or(std::vector<outbox_row>{}))
    if (row.nth == 0)
      until = std::max(until, row.since + last);
  for (const auto& run : in.open_attention(of.name).value_or(std::vector<attention_row>{}))
    until = std::max(until, run.at + last);
  return until;
}

/// Calls the mail room when the journal is written to.
class caller {
public:
  caller(const std::filesystem::path& journal, mail_room& room)
      : watch_{journal}, thread_{[this, &room](const std::stop_token& stop) {
          constexpr duration often_enough{100};
          constexpr duration anyway = std::chrono::minutes{1};
          while (!stop.stop_requested()) {
            watch_.wait(anyway);
            room.look();
            std::this_thread::sleep_for(often_enough); // a run writes many events at once
          }
        }} {}
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;
  ~caller() {
    thread_.request_stop();
    watch_.wake();
  }

private:
  journal_watch watch_;
  std::jthread thread_;
};

/// Sends until nothing is left, or somebody wants it to stop. Whoever holds the lock does it.
int deliver(const cli_context& context, bool until_empty) {
  const auto in = open_workspace(context);
  const auto lines = log_deliveries(context, in);
  const auto files = metric_files(in);
  const auto numbers = files.empty() ? nullptr : metrics_of(in);
  const head_log heads{in.journal, log_file_of(*in.fleet), {}, in.fleet->name, false};
  // What a run has left behind, this goes on with: the journal's end in the log, and the numbers.
  const auto written = [&] {
    heads.write();
    if (numbers)
      count_or_log([&] { (void)write_metrics(*numbers, in, *lines, files, true); });
  };
  const auto file = journal_file(in.state);
  auto of = std::make_shared<newest_fleet>(in.fleet->file, in.fleet);
  std::atomic<bool> stopped = false;
  bool done = false;
  while (!stopped && !done) {
    auto lock = run_lock::acquire(in.state, delivery_lock(in.fleet->name));
    if (!lock && lock.error().code == ec::lease_held) {
      if (!context.quiet)
        std::cerr << "another process sends the messages of fleet " << in.fleet->name << "\n";
      return exit_code::ok;
    }
    if (!lock)
      throw command_failed{exit_code::io_error, lock.error()};
    mail_room room{std::make_shared<journal_outbox>(in.journal, of, written),
                   [of, in_journal = in.journal](const std::string& channel, const message& what,
                                                 const std::stop_token& stop) {
                     return send_now(*of, *in_journal, channel, what, stop);
                   }};
    const caller calls{file, room};
    const signals heard{[&](const std::string&, int) {
                          stopped = true;
                          room.stop();
                        },
                        {}};
    for (auto left = duration{1}; !stopped && !done && left > duration::zero();
         left = worth_until(*in.journal, *of->get()) - alert_now()) {
      const auto patience =
          std::max(worth_until(*in.journal, *of->get()) - alert_now(), duration{1'000});
      done = room.deliver(!until_empty, patience);
    }
    if (!done)
      break; // not worth it any more
    // Somebody may have found the lock held a moment ago, and gone away.
    lock = tl::unexpected<error>{error{}};
    done = until_empty ? !in.journal->has_due_messages(in.fleet->name, alert_now()).value_or(false)
                       : !has_something_to_deliver(*in.journal, *of->get());
  }
  return exit_code::ok;
}

const channel& channel_named(const fleet& of, const std::string& name) {
  if (const auto* found = find_channel(of.alerts, name))
    return *found;
  std::vector<std::string> known;
  for (const auto& one : of.alerts.channels)
    known.push_back(one.name);
  const auto hint = known.empty() ? "baton.yaml has no alerts.channels" : suggest(name, known);
  throw command_failed{exit_code::usage, "no channel \"" + name + "\" in this fleet"
                                             + (hint.empty() ? "" : "; " + hint) + "\n"};
}

message test_message(const fleet& of, const std::string& channel) {
  message made;
  made.id = of.name + "-test-" + new_run_id();
  made.fleet = of.name;
  made.event = "test";
  made.severity = severity::info;
  made.at = alert_now();
  made.title = of.name + ": a test of channel " + channel;
  made.text = "asked for by " + who_asks() + "\n";
  made.event_json = dump({{"type", "test"},
                          {"version", event_version},
                          {"fleet", of.name},
                          {"at", format_time(made.at)},
                          {"severity", "info"},
                          {"text", made.title}});
  return made;
}

/// A channel that was stopped goes on, and what waits there is sent.
void resume_channel(const workspace& in, const std::string& channel) {
  const auto rows = or_fail(in.journal->channels(in.fleet->name));
  const bool stopped = std::any_of(rows.begin(), rows.end(), [&](const channel_row& one) {
    return one.name == channel && one.stopped_at;
  });
  if (!stopped)
    return;
  std::vector<record> records(1);
  records.front().at = alert_now();
  records.front().what = event::channel_resumed{in.fleet->name, channel, "baton alert test"};
  audited(*in.fleet, "alert test", channel, [&] {
    or_fail(in.journal->append(records));
    return exit_code::ok;
  });
  std::cerr << "channel " << channel << " goes on; what waits there is sent now\n";
  delivery_starter{in}.start_if_needed();
}

int test_channel(const cli_context& context, const std::string& name, bool as_json) {
  const auto in = open_workspace(context);
  (void)channel_named(*in.fleet, name);
  newest_fleet of{in.fleet->file, in.fleet};
  const auto how = send_now(of, *in.journal, name, test_message(*in.fleet, name), {});
  const bool sent = how.is == send_outcome::kind::sent;
  const auto why = secrets_of(*in.fleet)->redact(how.why);
  if (as_json)
    std::cout << dump(
        {{"schema", 1},
         {"channel", name},
         {"sent", sent},
         {"reason", or_null(sent ? std::string{} : std::string{to_string(how.fault)})},
         {"error", or_null(why)},
         {"moved_to", or_null(how.moved_to)}})
              << "\n";
  if (!how.moved_to.empty())
    std::cerr << "the chat has moved: write chat: " << how.moved_to << " in baton.yaml\n";
  if (!sent) {
    std::cerr << "channel " << name << ": not sent: " << printable(why) << "\n";
    return exit_code::unavailable;
  }
  if (!context.quiet && !as_json)
    fmt::print("channel {}: sent\n", name);
  resume_channel(in, name);
  return exit_code::ok;
}

ordered_json json_of(const outbox_row& row) {
  ordered_json made{{"channel", row.channel},
                    {"event", row.event},
                    {"reminder", row.nth},
                    {"run", row.run},
                    {"since", format_time(row.since)},
                    {"due", format_time(row.due)},
                    {"attempts", row.attempts}};
  made["retry_at"] =
      or_null(row.attempts > 0 ? std::optional{format_time(row.retry_at)} : std::nullopt);
  made["error"] = or_null(row.last_error);
  return made;
}

struct outbox_view {
  std::vector<outbox_row> waiting;
  std::vector<lost_message> lost;
  std::vector<channel_row> channels;
  std::vector<attention_row> attention;
  std::map<std::uint64_t, std::string> notices; ///< what an event of no run says
};

void print_json(const fleet& of, const outbox_view& view) {
  auto waiting = ordered_json::array();
  for (const auto& row : view.waiting)
    waiting.push_back(json_of(row));
  auto lost = ordered_json::array();
  for (const auto& one : view.lost) {
    lost.push_back(json_of(one.row));
    lost.back()["given_up_at"] = format_time(one.given_up);
  }
  auto channels = ordered_json::array();
  for (const auto& one : of.alerts.channels) {
    const auto known = std::find_if(view.channels.begin(), view.channels.end(),
                                    [&](const channel_row& row) { return row.name == one.name; });
    const bool is_known = known != view.channels.end();
    channels.push_back({{"channel", one.name},
                        {"stopped_at", or_null(is_known && known->stopped_at
                                                   ? std::optional{format_time(*known->stopped_at)}
                                                   : std::nullopt)},
                        {"reason", or_null(is_known ? known->reason : std::string{})},
                        {"error", or_null(is_known ? known->why : std::string{})},
                        {"moved_to", or_null(is_known ? known->moved_to : std::string{})}});
  }
  auto attention = ordered_json::array();
  for (const auto& run : view.attention)
    attention.push_back({{"run", run.run},
                         {"environment", run.environment},
                         {"status", to_string(run.status)},
                         {"at", format_time(run.at)}});
  std::cout << dump({{"schema", 1},
                     {"fleet", of.name},
                     {"waiting", std::move(waiting)},
                     {"given_up", std::move(lost)},
                     {"channels", std::move(channels)},
                     {"unacknowledged", std::move(attention)}})
            << "\n";
}

std::string of_what(const outbox_row& row, const outbox_view& in) {
  if (const auto notice = in.notices.find(row.event); notice != in.notices.end())
    return printable(notice->second);
  return (row.nth > 0 ? fmt::format("reminder {} of ", row.nth) : std::string{}) + row.run;
}

std::string tries_of(const outbox_row& row) {
  if (row.attempts > 0)
    return fmt::format("; tried {}: {}",
                       row.attempts == 1 ? "once" : fmt::format("{} times", row.attempts),
                       printable(row.last_error));
  return row.due > alert_now() ? ", due " + format_time(row.due) : "";
}

void print_text(const fleet& of, const outbox_view& view) {
  for (const auto& one : of.alerts.channels) {
    std::string state = "works, as far as is known";
    for (const auto& row : view.channels)
      if (row.name == one.name && row.stopped_at)
        state = "STOPPED: " + row.why + "; mend it, then: baton alert test " + one.name;
      else if (row.name == one.name && !row.moved_to.empty())
        state = "its chat is " + row.moved_to + " now: write that in baton.yaml";
    fmt::print("channel {}: {}\n", one.name, printable(state));
  }
  for (const auto& row : view.waiting)
    fmt::print("waiting   {:<16} {}{}\n", row.channel, of_what(row, view), tries_of(row));
  for (const auto& one : view.lost)
    fmt::print("given up  {:<16} {}: {}\n", one.row.channel, of_what(one.row, view),
               printable(one.row.last_error));
  for (const auto& run : view.attention)
    fmt::print("nobody has acknowledged {}, {}: baton ack {}\n", run.run, to_string(run.status),
               run.run);
}

int list(const cli_context& context, bool as_json) {
  const auto in = open_workspace(context);
  const auto& name = in.fleet->name;
  outbox_view view{or_fail(in.journal->waiting_messages(name)),
                   or_fail(in.journal->lost_messages(name)),
                   or_fail(in.journal->channels(name)),
                   or_fail(in.journal->open_attention(name)),
                   {}};
  const auto note = [&](const outbox_row& row) {
    if (!row.run.empty())
      return;
    const auto found = in.journal->find_event(row.event);
    if (!found)
      return;
    view.notices[row.event] = message_of(*found, {name, {}, {}, {}}, 0).title;
  };
  for (const auto& row : view.waiting)
    note(row);
  for (const auto& one : view.lost)
    note(one.row);
  if (as_json) {
    print_json(*in.fleet, view);
    return exit_code::ok;
  }
  print_text(*in.fleet, view);
  if (in.fleet->alerts.channels.empty())
    std::cerr << "baton.yaml has no channels; see alerts in its manual\n";
  return exit_code::ok;
}

} // namespace

void add_alert(CLI::App& app, cli_context& context) {
  auto* command = app.add_subcommand("alert", "Messages to people: channels, outbox");
  command->require_subcommand(1);

  auto* test = command->add_subcommand("test", "Send a message on a channel, now");
  auto name = std::make_shared<std::string>();
  auto test_json = std::make_shared<bool>(false);
  test->add_option("channel", *name, "Its name in baton.yaml")->required();
  test->add_flag("--json", *test_json, "As one JSON document");
  test->footer("Examples:\n  baton alert test phone");
  test->callback([&context, name, test_json] {
    context.chosen = [&context, name, test_json] {
      return test_channel(context, *name, *test_json);
    };
  });

  auto* shown = command->add_subcommand("list", "What waits, what was given up, who has to know");
  auto list_json = std::make_shared<bool>(false);
  shown->add_flag("--json", *list_json, "As one JSON document");
  shown->callback([&context, list_json] {
    context.chosen = [&context, list_json] { return list(context, *list_json); };
  });

  auto* sends = command->add_subcommand(
      "deliver", "Send what waits, until nothing is left; runs start it in the background");
  auto until_empty = std::make_shared<bool>(false);
  sends->add_flag("--until-empty", *until_empty, "Do not wait for reminders of later");
  sends->footer("Examples:\n  baton alert deliver --until-empty");
  sends->callback([&context, until_empty] {
    context.chosen = [&context, until_empty] { return deliver(context, *until_empty); };
  });
}

} // namespace baton
