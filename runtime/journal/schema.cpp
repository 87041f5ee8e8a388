#include "runtime/journal/schema.hpp"

#include "runtime/fault.hpp"

#include <array>

namespace baton {

namespace {

/// `BTNJ`: tells a journal from any other SQLite file.
constexpr int application_id = 0x42544e4a;

/// Each is applied once, in order; the number of those applied is the file's user_version. What
/// has been released is never changed.
constexpr std::array migrations{
    R"sql(
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  json TEXT NOT NULL,
  prev BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX event_of_run ON event (run, seq);
CREATE TRIGGER event_is_final BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'what happened is not changed'); END;
CREATE TRIGGER event_stays BEFORE DELETE ON event
  BEGIN SELECT RAISE(ABORT, 'what happened is not forgotten'); END;

-- Derived from here on.
CREATE TABLE run (
  id TEXT PRIMARY KEY,
  fleet TEXT NOT NULL,
  environment TEXT NOT NULL,
  ref TEXT NOT NULL,
  "commit" TEXT NOT NULL DEFAULT '',
  release TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  requested_by TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'running',
  status TEXT,
  phase TEXT NOT NULL DEFAULT '',
  exit_code INTEGER,
  finished_at INTEGER,
  cancelled INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  last_at INTEGER NOT NULL,
  last_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX run_of_fleet ON run (fleet, requested_at);
CREATE INDEX run_unfinished ON run (requested_at) WHERE status IS NULL;

CREATE TABLE host_state (
  fleet TEXT NOT NULL,
  host TEXT NOT NULL,
  stack TEXT NOT NULL,
  serves TEXT NOT NULL,
  healthy INTEGER,
  release TEXT NOT NULL,
  "commit" TEXT NOT NULL,
  since INTEGER NOT NULL,
  run TEXT NOT NULL,
  at INTEGER NOT NULL,
  rollback_failed INTEGER NOT NULL,
  good_release TEXT NOT NULL,
  good_commit TEXT NOT NULL,
  PRIMARY KEY (fleet, host, stack)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
  seq INTEGER PRIMARY KEY REFERENCES event (seq),
  run TEXT NOT NULL,
  fleet TEXT NOT NULL,
  at INTEGER NOT NULL,
  severity TEXT NOT NULL,
  phase TEXT NOT NULL,
  host TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE fold (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;

-- Not derived: what was done about alerts outside of runs.
CREATE TABLE delivery (
  alert INTEGER PRIMARY KEY REFERENCES event (seq),
  at INTEGER NOT NULL
) STRICT;
)sql",
    R"sql(
CREATE INDEX run_by_time ON run (requested_at DESC, id DESC);

-- Not derived: what processes have counted outside of the events, all of them together.
CREATE TABLE tally (
  name TEXT PRIMARY KEY,
  state TEXT NOT NULL
) STRICT;
)sql",
    R"sql(
-- What they were for, the outbox does.
DROP TABLE delivery;
DROP TABLE alert;

-- Derived, too: who is told of a run, and what of it is not told yet.
CREATE TABLE alerted_run (
  run TEXT PRIMARY KEY,
  fleet TEXT NOT NULL,
  environment TEXT NOT NULL,
  alerts TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What was sent is gone from here; what was given up stays.
CREATE TABLE outbox (
  event INTEGER NOT NULL REFERENCES event (seq),
  channel TEXT NOT NULL,
  nth INTEGER NOT NULL,
  fleet TEXT NOT NULL,
  run TEXT NOT NULL,
  template TEXT NOT NULL,
  since INTEGER NOT NULL,
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  given_up INTEGER,
  PRIMARY KEY (event, channel, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (fleet, channel, event) WHERE given_up IS NULL;

-- Runs that ended so that a person has to know.
CREATE TABLE attention (
  run TEXT PRIMARY KEY,
  fleet TEXT NOT NULL,
  environment TEXT NOT NULL,
  event INTEGER NOT NULL REFERENCES event (seq),
  at INTEGER NOT NULL,
  status TEXT NOT NULL,
  ended_by TEXT NOT NULL DEFAULT '',
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX attention_open ON attention (fleet, environment) WHERE ended_by = '';

CREATE TABLE channel (
  fleet TEXT NOT NULL,
  name TEXT NOT NULL,
  stopped_at INTEGER,
  reason TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '',
  likeness TEXT NOT NULL DEFAULT '',
  moved_from TEXT NOT NULL DEFAULT '',
  moved_to TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (fleet, name)
) STRICT, WITHOUT ROWID;
)sql",
};
constexpr int version_now = static_cast<int>(migrations.size());

int pragma(SQLite::Database& db, const char* name) {
  return db.execAndGet(std::string{"PRAGMA "} + name).getInt();
}

expected<int> version_of(SQLite::Database& db, const std::filesystem::path& file) {
  const int version = pragma(db, "user_version");
  const bool empty = db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
  if (!empty && pragma(db, "application_id") != application_id)
    return fault(ec::journal_failed, file.string()
                                         + " is a SQLite file, but not a journal of Baton; move "
                                           "it away, or set XDG_STATE_HOME");
  if (version > version_now)
    return fault(ec::journal_failed, file.string() + " was written by a newer Baton (schema "
                                         + std::to_string(version) + ", this one knows up to "
                                         + std::to_string(version_now)
                                         + "): install that version or a later one");
  return version;
}

} // namespace

expected<void> migrate(SQLite::Database& db, const std::filesystem::path& file) {
  if (const auto version = version_of(db, file); !version)
    return tl::unexpected<error>{version.error()};
  else if (*version == version_now)
    return {};
  SQLite::Transaction change{db, SQLite::TransactionBehavior::IMMEDIATE};
  // Another process may have done it meanwhile.
  const auto version = version_of(db, file);
  if (!version)
    return tl::unexpected<error>{version.error()};
  for (int next = *version; next < version_now; ++next)
    db.exec(migrations[static_cast<std::size_t>(next)]);
  db.exec("PRAGMA application_id = " + std::to_string(application_id));
  db.exec("PRAGMA user_version = " + std::to_string(version_now));
  change.commit();
  return {};
}

void make_missing(SQLite::Database& db) {
  SQLite::Database pattern{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  for (const auto* sql : migrations)
    pattern.exec(sql);
  SQLite::Statement all{pattern, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
                                 "name <> 'event' ORDER BY type = 'table' DESC"};
  while (all.executeStep()) {
    SQLite::Statement there{db, "SELECT 1 FROM sqlite_schema WHERE name = ?"};
    there.bind(1, all.getColumn(0).getString());
    if (!there.executeStep())
      db.exec(all.getColumn(1).getString());
  }
}

} // namespace baton
