#include "runtime/journal/derive.hpp"

#include "messages/json.hpp"
#include "runtime/journal/derive_messages.hpp"
#include "runtime/journal/schema.hpp"

#include <algorithm>

namespace baton {

namespace {

std::int64_t ms_of(time_point at) {
  return at.time_since_epoch().count();
}

/// What one record changes. Most kinds change nothing but the run's time.
class derivation {
public:
  derivation(SQLite::Database& db, const record& what) : db_(db), what_(what) {}

  void operator()(const event::run_requested& begun) {
    const auto& plan = *begun.plan;
    run_sql(db_,
            "INSERT INTO run (id, fleet, environment, ref, release, requested_at, requested_by, "
            "last_at, last_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            what_.run, plan.fleet.name, plan.request.environment, plan.request.commit_hash,
            plan.release, ms_of(plan.requested_at), plan.requested_by, ms_of(what_.at), seq());
  }

  void operator()(const event::phase_started& started) {
    run_sql(db_, "UPDATE run SET phase = ? WHERE id = ?", started.phase, what_.run);
  }

  void operator()(const event::step_ended& ended) {
    if (ended.kind != step_kind::resolve)
      return;
    // `commit`, or `commit:STACK` where stacks have repositories of their own.
    const auto& facts = ended.outcome.facts;
    auto commit = facts.find("commit");
    if (commit == facts.end())
      commit = std::find_if(facts.begin(), facts.end(),
                            [](const auto& fact) { return fact.first.starts_with("commit:"); });
    if (commit != facts.end())
      run_sql(db_, "UPDATE run SET \"commit\" = ? WHERE id = ?", commit->second, what_.run);
  }

  void operator()(const event::rollback_started&) {
    run_sql(db_, "UPDATE run SET state = 'rolling_back' WHERE id = ?", what_.run);
  }

  void operator()(const event::cancel_requested&) {
    run_sql(db_, "UPDATE run SET cancelled = 1 WHERE id = ?", what_.run);
  }

  void operator()(const event::run_finished& finished) {
    const auto& result = *finished.result;
    const bool over = result.status.has_value();
    run_sql(db_,
            "UPDATE run SET state = ?, status = ?, phase = ?, exit_code = ?, finished_at = ?, "
            "error = ?, cancelled = max(cancelled, ?), "
            "\"commit\" = CASE ? WHEN '' THEN \"commit\" ELSE ?8 END WHERE id = ?",
            to_string(result.state), over ? std::optional{to_string(*result.status)} : std::nullopt,
            result.phase, over ? std::optional{std::int64_t{result.exit_code}} : std::nullopt,
            over ? std::optional{ms_of(what_.at)} : std::nullopt,
            result.why ? describe_where(*result.why) : std::string{},
            std::int64_t{result.cancelled ? 1 : 0}, result.commit, what_.run);
    if (over)
      note_hosts(result);
  }

  template <class Other>
  void operator()(const Other&) {}

private:
  std::int64_t seq() const { return static_cast<std::int64_t>(what_.seq); }

  void note_hosts(const result& result) {
    const auto fleet = fleet_of_run();
    for (const auto& [host, verdict] : result.hosts) {
      if (verdict.serves == serves::unknown && is_of_a_part(result))
        continue;
      if (verdict.stacks.empty())
        note_host(fleet, host, only_stack_of(host), verdict, result);
      for (const auto& [stack, of_stack] : verdict.stacks)
        note_host(fleet, host, stack, of_stack, result);
    }
  }

  static bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  /// Secrets or snapshots alone: what serves was neither changed nor looked at.
  static bool is_of_a_part(const result& result) {
    return std::any_of(result.details.begin(), result.details.end(), [](const auto& one) {
      return one.first == "verification" && one.second.outcome == phase_outcome::skipped;
    });
  }

  /// Keeps what is known of a host that could not be asked, and the moment its release came. What
  /// the last deployment brought stays `new` when a later run has only looked at it.
  void note_host(const std::string& fleet, const std::string& host, const std::string& stack,
                 const host_verdict& verdict, const result& result) {
    const bool good =
        verdict.serves == serves::new_release && verdict.healthy.value_or(true)
        && (result.status == status::success || result.status == status::partial_success);
    run_sql(db_, R"sql(
INSERT INTO host_state (fleet, host, stack, serves, healthy, release, "commit", since, run, at,
                        rollback_failed, good_release, good_commit)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?10, iif(?11, ?6, ''), iif(?11, ?7, ''))
ON CONFLICT (fleet, host, stack) DO UPDATE SET
  serves = iif(?4 = 'old' AND NOT ?12 AND release = ?6, serves, ?4), healthy = ?5, run = ?9, at = ?8, rollback_failed = ?10,
  since = iif(?4 = 'unknown' OR release = ?6, since, ?8),
  release = iif(?4 = 'unknown', release, ?6),
  "commit" = iif(?4 = 'unknown', "commit", ?7),
  good_release = iif(?11, ?6, good_release),
  good_commit = iif(?11, ?7, good_commit))sql",
            fleet, host, stack, to_string(verdict.serves),
            verdict.healthy ? std::optional{std::int64_t{*verdict.healthy ? 1 : 0}} : std::nullopt,
            verdict.release, verdict.commit, ms_of(what_.at), what_.run,
            std::int64_t{has(result.rollback_failed, host) ? 1 : 0}, std::int64_t{good ? 1 : 0},
            std::int64_t{has(result.changed, host) ? 1 : 0});
  }

  std::string fleet_of_run() {
    SQLite::Statement asked{db_, "SELECT fleet FROM run WHERE id = ?"};
    bind_all(asked, what_.run);
    return asked.executeStep() ? asked.getColumn(0).getString() : std::string{};
  }

  /// A verdict does not name the stack of a host that has only one: the plan does.
  std::string only_stack_of(const std::string& host) {
    if (stacks_.empty()) {
      SQLite::Statement asked{db_, R"sql(
SELECT value ->> 'host', value ->> 'stack'
FROM event, json_each(event.json, '$.plan.units')
WHERE event.run = ? AND event.type = 'run_requested' AND value ->> 'stack' <> '')sql"};
      bind_all(asked, what_.run);
      while (asked.executeStep())
        stacks_.emplace(asked.getColumn(0).getString(), asked.getColumn(1).getString());
    }
    const auto found = stacks_.find(host);
    return found == stacks_.end() ? std::string{} : found->second;
  }

  SQLite::Database& db_;
  const record& what_;
  std::map<std::string, std::string> stacks_;
};

} // namespace

void derive(SQLite::Database& db, const record& what) {
  std::visit(derivation{db, what}, what.what);
  derive_messages(db, what);
  run_sql(db, "UPDATE run SET last_at = ?, last_seq = ? WHERE id = ?", ms_of(what.at),
          static_cast<std::int64_t>(what.seq), what.run);
}

void forget_derived(SQLite::Database& db) {
  for (const auto& table : derived_tables)
    db.exec(std::string{"DROP TABLE IF EXISTS "} + table.name);
  db.exec("DROP TABLE IF EXISTS fold");
  make_missing(db);
}

} // namespace baton
