#include "runtime/journal/rows.hpp"

#include "messages/json.hpp"

#include <stdexcept>

namespace baton {

namespace {

/// Takes the columns one behind the other.
class columns {
public:
  explicit columns(SQLite::Statement& row) : row_(row) {}

  std::string text() { return row_.getColumn(next_++).getString(); }
  std::int64_t number() { return row_.getColumn(next_++).getInt64(); }
  time_point time() { return time_point{std::chrono::milliseconds{number()}}; }
  bool flag() { return number() != 0; }

  std::optional<std::int64_t> maybe_number() {
    if (row_.getColumn(next_).isNull()) {
      ++next_;
      return std::nullopt;
    }
    return number();
  }

  /// The enumerator of that name; the last one for a name of a later time.
  template <class E>
  E word(E last) {
    const auto name = text();
    for (int i = 0; i < static_cast<int>(last); ++i)
      if (to_string(static_cast<E>(i)) == name)
        return static_cast<E>(i);
    return last;
  }

private:
  SQLite::Statement& row_;
  int next_ = 0;
};

} // namespace

record record_of(SQLite::Statement& row) {
  columns from{row};
  const auto seq = static_cast<std::uint64_t>(from.number());
  try {
    auto made = record_from_json(json::parse(from.text()));
    made.seq = seq;
    return made;
  } catch (const json::exception& thrown) {
    throw std::runtime_error{"event " + std::to_string(seq) + " cannot be read (" + thrown.what()
                             + "); has a newer Baton written it?"};
  }
}

run_row run_of(SQLite::Statement& row) {
  columns from{row};
  run_row made;
  made.id = from.text();
  made.fleet = from.text();
  made.environment = from.text();
  made.ref = from.text();
  made.commit = from.text();
  made.release = from.text();
  made.requested_at = from.time();
  made.requested_by = from.text();
  made.state = from.word(run_state::finished);
  if (!row.getColumn(9).isNull())
    made.status = from.word(status::aborted);
  else
    from.maybe_number();
  made.phase = from.text();
  if (const auto code = from.maybe_number())
    made.exit_code = static_cast<int>(*code);
  if (const auto at = from.maybe_number())
    made.finished_at = time_point{std::chrono::milliseconds{*at}};
  made.cancelled = from.flag();
  made.error = from.text();
  made.last_at = from.time();
  made.last_seq = static_cast<std::uint64_t>(from.number());
  return made;
}

host_state host_of(SQLite::Statement& row) {
  columns from{row};
  host_state made;
  made.fleet = from.text();
  made.host = from.text();
  made.stack = from.text();
  made.serves = from.word(serves::unknown);
  if (const auto healthy = from.maybe_number())
    made.healthy = *healthy != 0;
  made.release = from.text();
  made.commit = from.text();
  made.since = from.time();
  made.run = from.text();
  made.at = from.time();
  made.rollback_failed = from.flag();
  made.good_release = from.text();
  made.good_commit = from.text();
  return made;
}

outbox_row outbox_of(SQLite::Statement& row) {
  columns from{row};
  outbox_row made;
  made.event = static_cast<std::uint64_t>(from.number());
  made.channel = from.text();
  made.nth = static_cast<int>(from.number());
  made.run = from.text();
  made.text_template = from.text();
  made.since = from.time();
  made.due = from.time();
  made.attempts = static_cast<int>(from.number());
  made.retry_at = from.time();
  made.last_error = from.text();
  return made;
}

lost_message lost_of(SQLite::Statement& row) {
  constexpr int behind = 10;
  return {outbox_of(row), time_point{std::chrono::milliseconds{row.getColumn(behind).getInt64()}}};
}

attention_row attention_of(SQLite::Statement& row) {
  columns from{row};
  attention_row made;
  made.run = from.text();
  made.fleet = from.text();
  made.environment = from.text();
  made.event = static_cast<std::uint64_t>(from.number());
  made.at = from.time();
  made.status = from.word(status::aborted);
  made.ended_by = from.text();
  return made;
}

channel_row channel_of(SQLite::Statement& row) {
  columns from{row};
  channel_row made;
  made.fleet = from.text();
  made.name = from.text();
  if (const auto at = from.maybe_number())
    made.stopped_at = time_point{std::chrono::milliseconds{*at}};
  made.reason = from.text();
  made.why = from.text();
  made.likeness = from.text();
  made.moved_from = from.text();
  made.moved_to = from.text();
  return made;
}

} // namespace baton
