#include "messages/json.hpp"
#include "runtime/journal/journal_impl.hpp"

#include <utility>

namespace baton {

namespace {

chained_record chained_of(SQLite::Statement& row) {
  return {record_of(row), row.getColumn(2).getString()};
}

} // namespace

expected<std::size_t> journal::count(std::string_view run) const {
  return impl_->guarded("counting", [&] {
    SQLite::Statement asked{impl_->db, "SELECT count(*) FROM event WHERE run = ?"};
    bind_all(asked, run);
    asked.executeStep();
    return static_cast<std::size_t>(asked.getColumn(0).getInt64());
  });
}

expected<std::vector<record>> journal::read_run(std::string_view run) const {
  return impl_->select("reading run " + std::string{run}, record_of,
                       "SELECT seq, json FROM event WHERE run = ? ORDER BY seq", run);
}

expected<std::vector<record>> journal::events_after(std::uint64_t seq, std::size_t count_max,
                                                    std::string_view run) const {
  const auto limit = signed_of(count_max);
  if (run.empty())
    return impl_->select("reading", record_of,
                         "SELECT seq, json FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
                         signed_of(seq), limit);
  return impl_->select("reading", record_of,
                       "SELECT seq, json FROM event WHERE seq > ? AND run = ? ORDER BY seq LIMIT ?",
                       signed_of(seq), run, limit);
}

expected<std::uint64_t> journal::last_seq() const {
  return impl_->guarded("reading", [&] { return end_of_chain(impl_->db).seq; });
}

expected<std::vector<run_row>> journal::runs(const run_filter& which) const {
  const auto status = which.status ? std::optional{to_string(*which.status)} : std::nullopt;
  return impl_->select("reading runs", run_of,
                       std::string{"SELECT "} + run_columns
                           + " FROM run WHERE (?1 = '' OR fleet = ?1) AND (?2 = '' OR environment "
                             "= ?2) AND (?3 IS NULL OR status = ?3) ORDER BY requested_at DESC, "
                             "id DESC LIMIT ?4",
                       which.fleet, which.environment, status, signed_of(which.count_max));
}

expected<run_row> journal::find_run(std::string_view id) const {
  // substr and not LIKE: an id from outside may hold wildcards.
  auto found = impl_->select("reading runs", run_of,
                             std::string{"SELECT "} + run_columns
                                 + " FROM run WHERE ?1 <> '' AND substr(id, 1, length(?1)) = ?1 "
                                   "ORDER BY id <> ?1, id LIMIT 2",
                             id);
  if (!found)
    return tl::unexpected<error>{found.error()};
  if (found->empty())
    return fault(ec::usage,
                 "there is no run " + std::string{id} + "; `baton history` lists those there are");
  if (found->size() > 1 && found->front().id != id)
    return fault(ec::usage, "several runs begin with " + std::string{id} + ": " + (*found)[0].id
                                + ", " + (*found)[1].id + " …");
  return std::move(found->front());
}

expected<std::vector<run_row>> journal::unfinished_runs() const {
  return impl_->select("reading runs", run_of,
                       std::string{"SELECT "} + run_columns
                           + " FROM run WHERE status IS NULL ORDER BY requested_at, id");
}

expected<std::vector<host_state>> journal::host_states(std::string_view fleet) const {
  return impl_->select("reading hosts", host_of,
                       std::string{"SELECT "} + host_columns
                           + " FROM host_state WHERE fleet = ? ORDER BY host, stack",
                       fleet);
}

expected<std::optional<host_state>>
journal::last_release(std::string_view fleet, std::string_view host, std::string_view stack) const {
  auto found = impl_->select("reading hosts", host_of,
                             std::string{"SELECT "} + host_columns
                                 + " FROM host_state WHERE fleet = ? AND host = ? AND stack = ?",
                             fleet, host, stack);
  if (!found)
    return tl::unexpected<error>{found.error()};
  if (found->empty())
    return std::optional<host_state>{};
  return std::optional{std::move(found->front())};
}

expected<record> journal::find_event(std::uint64_t seq) const {
  auto found = impl_->select("reading", record_of, "SELECT seq, json FROM event WHERE seq = ?",
                             signed_of(seq));
  if (!found)
    return tl::unexpected<error>{found.error()};
  if (found->empty())
    return fault(ec::journal_failed, "the journal has no event " + std::to_string(seq));
  return std::move(found->front());
}

expected<std::vector<outbox_row>> journal::waiting_messages(std::string_view fleet) const {
  return impl_->select("reading messages", outbox_of,
                       std::string{"SELECT "} + outbox_columns
                           + " FROM outbox WHERE fleet = ? AND given_up IS NULL ORDER BY channel, "
                             "nth > 0, event, nth",
                       fleet);
}

expected<std::vector<lost_message>> journal::lost_messages(std::string_view fleet,
                                                           std::size_t count_max) const {
  return impl_->select("reading messages", lost_of,
                       std::string{"SELECT "} + outbox_columns
                           + ", given_up FROM outbox WHERE fleet = ? AND given_up IS NOT NULL "
                             "ORDER BY given_up DESC, event DESC LIMIT ?",
                       fleet, signed_of(count_max));
}

expected<bool> journal::has_due_messages(std::string_view fleet, time_point now) const {
  return impl_->guarded("reading messages", [&] {
    SQLite::Statement asked{impl_->db,
                            "SELECT 1 FROM outbox WHERE fleet = ?1 AND given_up IS NULL AND due <= "
                            "?2 AND NOT EXISTS (SELECT 1 FROM channel WHERE fleet = ?1 AND name = "
                            "outbox.channel AND stopped_at IS NOT NULL) LIMIT 1"};
    bind_all(asked, fleet, std::int64_t{now.time_since_epoch().count()});
    return asked.executeStep();
  });
}

expected<std::vector<attention_row>> journal::open_attention(std::string_view fleet) const {
  return impl_->select("reading runs", attention_of,
                       std::string{"SELECT "} + attention_columns
                           + " FROM attention WHERE ended_by = '' AND fleet = ? ORDER BY event",
                       fleet);
}

expected<std::vector<channel_row>> journal::channels(std::string_view fleet) const {
  return impl_->select("reading channels", channel_of,
                       std::string{"SELECT "} + channel_columns
                           + " FROM channel WHERE fleet = ? ORDER BY name",
                       fleet);
}

expected<std::optional<time_point>> journal::begun_at() const {
  return impl_->guarded("reading", [&] {
    SQLite::Statement first{impl_->db, "SELECT at FROM event ORDER BY seq LIMIT 1"};
    std::optional<time_point> made;
    if (first.executeStep())
      made = time_point{duration{first.getColumn(0).getInt64()}};
    return made;
  });
}

expected<std::vector<chained_record>> journal::events_of(std::span<const std::string_view> types,
                                                         std::uint64_t after,
                                                         std::size_t count_max) const {
  return impl_->select("reading", chained_of,
                       "SELECT seq, json, lower(hex(hash)) FROM event WHERE seq > ? AND type IN "
                       "(SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?",
                       signed_of(after), dump(ordered_json(types)), signed_of(count_max));
}

expected<std::vector<chained_record>> journal::newest_of(std::span<const std::string_view> types,
                                                         std::size_t count_max) const {
  return impl_->select("reading", chained_of,
                       "SELECT seq, json, lower(hex(hash)) FROM event WHERE type IN (SELECT value "
                       "FROM json_each(?)) ORDER BY seq DESC LIMIT ?",
                       dump(ordered_json(types)), signed_of(count_max));
}

} // namespace baton
