#include "runtime/journal/derive_messages.hpp"

#include "messages/json.hpp"
#include "rules/routing.hpp"

#include <optional>
#include <string>

namespace baton {

namespace {

std::int64_t wire_ms(time_point at) {
  return at.time_since_epoch().count();
}

/// A run whose fleet tells somebody.
struct alerted_run {
  std::string fleet;
  std::string environment;
  alert_policy alerts;
};

class messages_of {
public:
  messages_of(SQLite::Database& db, const record& what) : db_(db), what_(what) {}

  void operator()(const event::run_requested& begun) {
    const auto& plan = *begun.plan;
    if (plan.fleet.alerts.channels.empty())
      return;
    run_sql(db_,
            "INSERT INTO alerted_run (run, fleet, environment, alerts) VALUES (?, ?, ?, ?) ON "
            "CONFLICT DO NOTHING",
            what_.run, plan.fleet.name, plan.request.environment, dump(to_json(plan.fleet.alerts)));
    address();
  }

  void operator()(const event::phase_ended&) { address(); }
  void operator()(const event::rollback_started&) { address(); }
  void operator()(const event::cancel_requested&) { address(); }
  void operator()(const event::alert_raised&) { address(); }

  void operator()(const event::run_finished& finished) {
    const auto run = find_run(what_.run);
    if (!run || !finished.result->status)
      return;
    if (*finished.result->status == status::success)
      end_attention("success", "fleet = ?3 AND environment = ?4", run->fleet, run->environment);
    if (needs_a_person(*finished.result))
      run_sql(db_,
              "INSERT INTO attention (run, fleet, environment, event, at, status) VALUES (?, ?, ?, "
              "?, ?, ?) ON CONFLICT DO NOTHING",
              what_.run, run->fleet, run->environment, seq(), wire_ms(what_.at),
              to_string(*finished.result->status));
    address();
  }

  void operator()(const event::message_sent& sent) {
    const auto row = take(sent.of_event, sent.channel, sent.nth);
    if (row)
      remind(*row);
    if (!sent.moved_to.empty())
      run_sql(db_,
              "INSERT INTO channel (fleet, name, moved_from, moved_to) VALUES (?, ?, ?, ?) ON "
              "CONFLICT DO UPDATE SET moved_from = ?3, moved_to = ?4",
              sent.fleet, sent.channel, sent.moved_from, sent.moved_to);
  }

  void operator()(const event::message_failed& failed) {
    run_sql(db_,
            "UPDATE outbox SET attempts = ?, retry_at = ?, error = ? WHERE event = ? AND channel = "
            "? AND nth = ? AND given_up IS NULL",
            std::int64_t{failed.attempts}, wire_ms(failed.retry_at), failed.why,
            signed_of(failed.of_event), failed.channel, std::int64_t{failed.nth});
  }

  void operator()(const event::message_given_up& lost) {
    const auto row = find(lost.of_event, lost.channel, lost.nth);
    if (!row)
      return;
    run_sql(db_,
            "UPDATE outbox SET attempts = ?, error = ?, given_up = ? WHERE event = ? AND channel = "
            "? AND nth = ?",
            std::int64_t{lost.attempts}, lost.why, wire_ms(what_.at), signed_of(lost.of_event),
            lost.channel, std::int64_t{lost.nth});
    if (lost.reason != send_fault::gone)
      remind(*row);
    for (const auto& other : lost.told_on)
      add_row(seq(), other, 0, lost.fleet, "", "");
  }

  void operator()(const event::channel_stopped& stopped) {
    run_sql(db_,
            "INSERT INTO channel (fleet, name, stopped_at, reason, why, likeness) VALUES (?, ?, ?, "
            "?, ?, ?) ON CONFLICT DO UPDATE SET stopped_at = ?3, reason = ?4, why = ?5, likeness = "
            "?6",
            stopped.fleet, stopped.channel, wire_ms(what_.at), to_string(stopped.reason),
            stopped.why, stopped.likeness);
    for (const auto& other : stopped.told_on)
      add_row(seq(), other, 0, stopped.fleet, "", "");
  }

  void operator()(const event::channel_resumed& resumed) {
    run_sql(db_,
            "UPDATE channel SET stopped_at = NULL, reason = '', why = '', likeness = '' WHERE "
            "fleet = ? AND name = ?",
            resumed.fleet, resumed.channel);
    // What waits there waits no longer.
    run_sql(db_,
            "UPDATE outbox SET retry_at = 0 WHERE fleet = ? AND channel = ? AND given_up IS NULL",
            resumed.fleet, resumed.channel);
  }

  void operator()(const event::acknowledged& known) {
    end_attention("acknowledged by " + known.by, "run = ?3", known.of_run);
  }

  template <class Other>
  void operator()(const Other&) {}

private:
  struct sent_row {
    std::int64_t event;
    std::string channel;
    std::int64_t nth;
    std::string fleet, run, text_template;
  };

  static std::int64_t signed_of(std::uint64_t number) { return static_cast<std::int64_t>(number); }
  std::int64_t seq() const { return signed_of(what_.seq); }

  std::optional<alerted_run> find_run(const std::string& run) {
    SQLite::Statement asked{db_,
                            "SELECT fleet, environment, alerts FROM alerted_run WHERE run = ?"};
    bind_all(asked, run);
    if (!asked.executeStep())
      return std::nullopt;
    return alerted_run{asked.getColumn(0).getString(), asked.getColumn(1).getString(),
                       alerts_from_json(json::parse(asked.getColumn(2).getString()))};
  }

  void add_row(std::int64_t event, const std::string& channel, std::int64_t nth,
               const std::string& fleet, const std::string& run, const std::string& text_template,
               duration later = duration{0}) {
    run_sql(db_,
            "INSERT INTO outbox (event, channel, nth, fleet, run, template, since, due) VALUES (?, "
            "?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            event, channel, nth, fleet, run, text_template, wire_ms(what_.at),
            wire_ms(what_.at + later));
  }

  /// A row for each channel that is told of this event.
  void address() {
    const auto run = find_run(what_.run);
    if (!run)
      return;
    for (const auto& [channel, text_template] : recipients(run->alerts, what_.what))
      add_row(seq(), channel, 0, run->fleet, what_.run, text_template);
  }

  std::optional<sent_row> find(std::uint64_t event, const std::string& channel, int nth) {
    SQLite::Statement asked{db_, "SELECT fleet, run, template FROM outbox WHERE event = ? AND "
                                 "channel = ? AND nth = ? AND given_up IS NULL"};
    bind_all(asked, signed_of(event), channel, std::int64_t{nth});
    if (!asked.executeStep())
      return std::nullopt;
    return sent_row{signed_of(event),
                    channel,
                    nth,
                    asked.getColumn(0).getString(),
                    asked.getColumn(1).getString(),
                    asked.getColumn(2).getString()};
  }

  std::optional<sent_row> take(std::uint64_t event, const std::string& channel, int nth) {
    auto row = find(event, channel, nth);
    if (row)
      run_sql(db_, "DELETE FROM outbox WHERE event = ? AND channel = ? AND nth = ?",
              signed_of(event), channel, std::int64_t{nth});
    return row;
  }

  /// The next reminder of how a run ended, as long as nobody knows.
  void remind(const sent_row& row) {
    SQLite::Statement asked{db_, "SELECT 1 FROM attention WHERE event = ? AND ended_by = ''"};
    bind_all(asked, row.event);
    if (!asked.executeStep())
      return;
    const auto run = find_run(row.run);
    if (run && run->alerts.repeat > duration::zero())
      add_row(row.event, row.channel, row.nth + 1, row.fleet, row.run, row.text_template,
              run->alerts.repeat);
  }

  /// Nobody has to know any more; `which` says of which runs, its values behind the first two.
  template <class... Values>
  void end_attention(const std::string& by, const std::string& which, const Values&... values) {
    const auto sql =
        "UPDATE attention SET ended_by = ?1, ended_at = ?2 WHERE ended_by = '' AND " + which;
    run_sql(db_, sql.c_str(), by, wire_ms(what_.at), values...);
    db_.exec("DELETE FROM outbox WHERE nth > 0 AND given_up IS NULL AND EXISTS (SELECT 1 FROM "
             "attention WHERE attention.event = outbox.event AND ended_by <> '')");
  }

  SQLite::Database& db_;
  const record& what_;
};

} // namespace

void derive_messages(SQLite::Database& db, const record& what) {
  std::visit(messages_of{db, what}, what.what);
}

} // namespace baton
