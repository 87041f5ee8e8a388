#pragma once

#include "messages/event.hpp"
#include "runtime/journal/journal_rows.hpp"
#include "runtime/journal/sqlite.hpp"

/// Rows as values. What cannot be read is thrown as std::runtime_error that names the event.

namespace baton {

/// Of `SELECT seq, json FROM event`.
record record_of(SQLite::Statement& row);

inline constexpr const char* run_columns =
    "id, fleet, environment, ref, \"commit\", release, requested_at, requested_by, state, status, "
    "phase, exit_code, finished_at, cancelled, error, last_at, last_seq";
run_row run_of(SQLite::Statement& row);

inline constexpr const char* host_columns =
    "fleet, host, stack, serves, healthy, release, \"commit\", since, run, at, rollback_failed, "
    "good_release, good_commit";
host_state host_of(SQLite::Statement& row);

inline constexpr const char* outbox_columns =
    "event, channel, nth, run, template, since, due, attempts, retry_at, error";
outbox_row outbox_of(SQLite::Statement& row);
/// Of the same columns, and `given_up`.
lost_message lost_of(SQLite::Statement& row);

inline constexpr const char* attention_columns =
    "run, fleet, environment, event, at, status, ended_by";
attention_row attention_of(SQLite::Statement& row);

inline constexpr const char* channel_columns =
    "fleet, name, stopped_at, reason, why, likeness, moved_from, moved_to";
channel_row channel_of(SQLite::Statement& row);

} // namespace baton
