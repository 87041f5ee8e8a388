#include "runtime/journal/journal.hpp"

#include "messages/json.hpp"
#include "runtime/fault.hpp"
#include "runtime/journal/chain.hpp"
#include "runtime/journal/derive.hpp"
#include "runtime/journal/rows.hpp"
#include "runtime/journal/schema.hpp"
#include "runtime/journal/state_dir.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

constexpr auto busy_timeout = std::chrono::seconds{10};

constexpr const char* remedy_of_broken_chain =
    "those before it can be trusted; keep the file, and put a backup in its place or begin anew";

std::int64_t signed_of(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

/// So that no moment exists in which others may read the file: SQLite would make it by the umask,
/// and gives what it makes beside it the same mode.
///
/// A file that is there is not opened here: closing it would end the locks that SQLite has on it
/// for this process (fcntl(2) locks go with any descriptor,
/// https://www.sqlite.org/howtocorrupt.html 2.2), and the next process that leaves would take
/// itself for the last one and remove the log of writes under us.
expected<void> make_private_file(const std::filesystem::path& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) {
    ::close(made);
    return {};
  }
  struct stat there {};
  if (errno == EEXIST && ::access(file.c_str(), R_OK | W_OK) == 0
      && ::stat(file.c_str(), &there) == 0 && S_ISDIR(there.st_mode))
    errno = EISDIR;
  if (errno != EEXIST)
    return fault(ec::journal_failed,
                 "cannot open the journal " + file.string() + ": " + std::strerror(errno)
                     + "; check the owner and the mode of the file and its folder, or set "
                       "XDG_STATE_HOME");
  if ((there.st_mode & 077) != 0)
    (void)::chmod(file.c_str(), 0600); // refused only when it is not ours: then so is the choice
  return {};
}

/// Write-ahead logging stays on once it is. Turning it on wants the file alone, and does not wait
/// by itself when another process opens it in the same moment.
void turn_on_wal(SQLite::Database& db) {
  const auto deadline = std::chrono::steady_clock::now() + busy_timeout;
  for (;;) {
    const auto mode = db.execAndGet("PRAGMA journal_mode").getString();
    if (mode == "wal" || mode == "memory")
      return;
    if (db.tryExec("PRAGMA journal_mode = WAL") == SQLITE_OK)
      continue;
    if (std::chrono::steady_clock::now() > deadline || db.getErrorCode() != SQLITE_BUSY)
      throw SQLite::Exception(db.getHandle());
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

struct chain_end {
  std::uint64_t seq = 0;
  chain_hash hash{};
};

/// The chain up to that event, or to the last one before it.
chain_end chain_until(SQLite::Database& db, std::uint64_t seq) {
  SQLite::Statement last{db,
                         "SELECT seq, hash FROM event WHERE seq <= ? ORDER BY seq DESC LIMIT 1"};
  last.bind(1, signed_of(seq));
  chain_end made;
  if (!last.executeStep())
    return made;
  made.seq = static_cast<std::uint64_t>(last.getColumn(0).getInt64());
  const auto hash = last.getColumn(1);
  if (hash.getBytes() != static_cast<int>(made.hash.size()))
    throw std::runtime_error{"the hash of event " + std::to_string(made.seq) + " is damaged"};
  std::memcpy(made.hash.data(), hash.getBlob(), made.hash.size());
  return made;
}

chain_end end_of_chain(SQLite::Database& db) {
  return chain_until(db, std::numeric_limits<std::int64_t>::max());
}

std::string hex_of(const unsigned char* bytes, std::size_t count) {
  std::string made;
  for (std::size_t i = 0; i < count; ++i)
    made += fmt::format("{:02x}", bytes[i]);
  return made;
}

chained_record chained_of(SQLite::Statement& row) {
  return {record_of(row), row.getColumn(2).getString()};
}

std::string tally_of(SQLite::Database& db, std::string_view name) {
  SQLite::Statement asked{db, "SELECT state FROM tally WHERE name = ?"};
  bind_all(asked, name);
  return asked.executeStep() ? asked.getColumn(0).getString() : std::string{};
}

std::vector<std::string> rows_of(SQLite::Database& db, const derived_table& table) {
  std::vector<std::string> rows;
  SQLite::Statement all{db,
                        std::string{"SELECT * FROM "} + table.name + " ORDER BY " + table.order};
  while (all.executeStep()) {
    std::string row;
    for (int i = 0; i < all.getColumnCount(); ++i)
      row += std::string{" "} + all.getColumnName(i) + "="
             + (all.getColumn(i).isNull() ? "null" : all.getColumn(i).getString());
    rows.push_back(std::move(row));
  }
  return rows;
}

/// A table that is not there, or cannot be read, has them not.
bool has_rows(SQLite::Database& db, const derived_table& table,
              const std::vector<std::string>& rows) {
  try {
    return rows_of(db, table) == rows;
  } catch (const SQLite::Exception&) {
    return false;
  }
}

/// Which file a name means.
struct file_identity {
  dev_t device = 0;
  ino_t number = 0;
  friend bool operator==(const file_identity&, const file_identity&) = default;
};

std::optional<file_identity> identity_of(const std::filesystem::path& file) {
  struct stat there {};
  if (::stat(file.c_str(), &there) != 0)
    return {};
  return file_identity{there.st_dev, there.st_ino};
}

} // namespace

struct journal::impl {
  impl(std::filesystem::path where, const std::string& name)
      : file(std::move(where)),
        db(name, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
           static_cast<int>(std::chrono::milliseconds{busy_timeout}.count())) {}

  /// Runs `work` as the only one, and turns what it throws into an error.
  template <class Work>
  auto guarded(std::string_view doing, Work work) -> expected<decltype(work())> {
    const std::lock_guard alone{mutex};
    try {
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        return {};
      } else {
        return work();
      }
    } catch (const SQLite::Exception& thrown) {
      return sqlite_fault(thrown, doing, file);
    } catch (const std::exception& thrown) {
      return fault(ec::journal_failed, "the journal " + file.string() + ": " + std::string{doing}
                                           + " failed (" + thrown.what() + ")");
    }
  }

  template <class Row, class... Values>
  expected<std::vector<Row>> select(std::string_view doing, Row (*row_of)(SQLite::Statement&),
                                    const std::string& sql, const Values&... values) {
    return guarded(doing, [&] {
      SQLite::Statement asked{db, sql};
      bind_all(asked, values...);
      std::vector<Row> rows;
      while (asked.executeStep())
        rows.push_back(row_of(asked));
      return rows;
    });
  }

  static expected<journal> open(const std::filesystem::path& file, const std::string& name) {
    try {
      auto made = std::make_unique<impl>(file, name);
      turn_on_wal(made->db);
      made->db.exec("PRAGMA synchronous = FULL");
      made->db.exec("PRAGMA foreign_keys = ON");
      if (auto done = migrate(made->db, file); !done)
        return tl::unexpected<error>{done.error()};
      return journal{std::move(made)};
    } catch (const SQLite::Exception& thrown) {
      return sqlite_fault(thrown, "opening " + file.string(), file);
    }
  }

  std::filesystem::path file;
  std::optional<file_identity> opened; ///< nothing: it is in memory
  SQLite::Database db;
  std::mutex mutex;
};

journal::journal(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
journal::journal(journal&&) noexcept = default;
journal& journal::operator=(journal&&) noexcept = default;
journal::~journal() = default;

expected<journal> journal::open(const std::filesystem::path& file) {
  if (auto made = make_private_folder(file.parent_path()); !made)
    return tl::unexpected<error>{made.error()};
  if (auto made = make_private_file(file); !made)
    return tl::unexpected<error>{made.error()};
  const auto here = identity_of(file); // before: one that changes meanwhile counts as replaced
  auto made = impl::open(file, file.string());
  if (made)
    made->impl_->opened = here;
  return made;
}

expected<journal> journal::in_memory() {
  return impl::open("memory", ":memory:");
}

expected<std::vector<std::uint64_t>> journal::append(std::span<record> records) {
  std::vector<std::uint64_t> numbers;
  if (records.empty())
    return numbers;
  auto done = impl_->guarded("writing", [&] {
    auto& db = impl_->db;
    SQLite::Transaction change{db, SQLite::TransactionBehavior::IMMEDIATE};
    auto end = end_of_chain(db);
    SQLite::Statement insert{db, "INSERT INTO event (seq, run, at, type, version, json, prev, "
                                 "hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
    for (const auto& one : records) {
      const auto text = dump(to_json(one));
      // What is derived is made of what can be read again, not of what we happen to hold.
      auto durable = record_from_json(json::parse(text));
      durable.seq = end.seq + 1;
      const auto type = type_name(durable.what);
      const auto at = durable.at.time_since_epoch().count();
      const auto hash =
          hash_of(end.hash, {durable.seq, durable.run, at, type, event_version, text});
      bind_all(insert, signed_of(durable.seq), durable.run, std::int64_t{at}, type,
               std::int64_t{event_version}, text);
      insert.bind(7, end.hash.data(), static_cast<int>(end.hash.size()));
      insert.bind(8, hash.data(), static_cast<int>(hash.size()));
      insert.exec();
      insert.reset();
      derive(db, durable);
      numbers.push_back(durable.seq);
      end = {durable.seq, hash};
    }
    change.commit();
  });
  if (!done)
    return tl::unexpected<error>{done.error()};
  for (std::size_t i = 0; i < records.size(); ++i)
    records[i].seq = numbers[i];
  return numbers;
}

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

expected<void> journal::save_fold(const fold_row& row) {
  return impl_->guarded("saving a fold", [&] {
    run_sql(impl_->db,
            "INSERT INTO fold (name, version, seq, state) VALUES (?, ?, ?, ?) ON CONFLICT (name) "
            "DO UPDATE SET version = ?2, seq = ?3, state = ?4 WHERE seq <= ?3 OR version <> ?2 OR "
            "seq > (SELECT ifnull(max(seq), 0) FROM event)", // there is no such event: damaged
            row.name, std::int64_t{row.version}, signed_of(row.seq), row.state);
  });
}

expected<std::optional<fold_row>> journal::load_fold(std::string_view name) const {
  return impl_->guarded("reading a fold", [&] {
    SQLite::Statement asked{impl_->db, "SELECT version, seq, state FROM fold WHERE name = ?"};
    bind_all(asked, name);
    std::optional<fold_row> made;
    if (asked.executeStep())
      made = fold_row{std::string{name}, asked.getColumn(0).getInt(),
                      static_cast<std::uint64_t>(asked.getColumn(1).getInt64()),
                      asked.getColumn(2).getString()};
    return made;
  });
}

expected<std::string> journal::read_tally(std::string_view name) const {
  return impl_->guarded("reading a tally", [&] { return tally_of(impl_->db, name); });
}

expected<void> journal::update_tally(std::string_view name,
                                     const std::function<std::string(const std::string&)>& change) {
  return impl_->guarded("saving a tally", [&] {
    SQLite::Transaction alone{impl_->db, SQLite::TransactionBehavior::IMMEDIATE};
    run_sql(impl_->db,
            "INSERT INTO tally (name, state) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET state "
            "= ?2",
            name, change(tally_of(impl_->db, name)));
    alone.commit();
  });
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

expected<journal::chain_link> journal::head() const {
  return impl_->guarded("reading", [&] {
    const auto end = end_of_chain(impl_->db);
    return chain_link{end.seq, hex_of(end.hash.data(), end.hash.size())};
  });
}

expected<std::optional<std::string>> journal::hash_of_event(std::uint64_t seq) const {
  return impl_->guarded("reading", [&] {
    SQLite::Statement asked{impl_->db, "SELECT lower(hex(hash)) FROM event WHERE seq = ?"};
    bind_all(asked, signed_of(seq));
    std::optional<std::string> made;
    if (asked.executeStep())
      made = asked.getColumn(0).getString();
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

expected<std::uint64_t> journal::verify(std::uint64_t after) const {
  return impl_->guarded("verifying", [&] {
    SQLite::Statement all{impl_->db,
                          "SELECT seq, run, at, type, version, json, prev, hash FROM event "
                          "WHERE seq > ? ORDER BY seq"};
    bind_all(all, signed_of(after));
    auto end = chain_until(impl_->db, after);
    while (all.executeStep()) {
      const auto blob_is = [&](int column, const chain_hash& wanted) {
        const auto blob = all.getColumn(column);
        return blob.getBytes() == static_cast<int>(wanted.size())
               && std::memcmp(blob.getBlob(), wanted.data(), wanted.size()) == 0;
      };
      const auto seq = static_cast<std::uint64_t>(all.getColumn(0).getInt64());
      const auto run = all.getColumn(1).getString();
      const auto type = all.getColumn(3).getString();
      const auto text = all.getColumn(5).getString();
      const auto hash = hash_of(end.hash, {seq, run, all.getColumn(2).getInt64(), type,
                                           all.getColumn(4).getInt64(), text});
      if (seq != end.seq + 1)
        throw std::runtime_error{"event " + std::to_string(end.seq + 1) + " is missing; "
                                 + remedy_of_broken_chain};
      if (!blob_is(6, end.hash) || !blob_is(7, hash))
        throw std::runtime_error{"event " + std::to_string(seq) + " is not what was written; "
                                 + remedy_of_broken_chain};
      end = {seq, hash};
    }
    return end.seq;
  });
}

expected<void> journal::rebuild() {
  return impl_->guarded("rebuilding", [&] {
    auto& db = impl_->db;
    SQLite::Transaction change{db, SQLite::TransactionBehavior::IMMEDIATE};
    forget_derived(db);
    SQLite::Statement all{db, "SELECT seq, json FROM event ORDER BY seq"};
    while (all.executeStep())
      derive(db, record_of(all));
    all.reset();
    change.commit();
  });
}

expected<std::vector<std::string>> journal::derived_rows() const {
  return impl_->guarded("reading", [&] {
    std::vector<std::string> rows;
    for (const auto& table : derived_tables)
      for (auto& row : rows_of(impl_->db, table))
        rows.push_back(table.name + std::move(row));
    return rows;
  });
}

expected<std::vector<std::string>> journal::false_tables() const {
  return impl_->guarded("comparing derived tables", [&] {
    auto& db = impl_->db;
    SQLite::Transaction moment{db}; // others go on meanwhile
    SQLite::Database made{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    made.exec("CREATE TABLE event (seq INTEGER PRIMARY KEY, run TEXT, type TEXT, json TEXT)");
    make_missing(made);
    made.exec("BEGIN");
    SQLite::Statement all{db, "SELECT seq, json, run, type FROM event ORDER BY seq"};
    SQLite::Statement plan{made, "INSERT INTO event (seq, run, type, json) VALUES (?, ?, ?, ?)"};
    while (all.executeStep()) {
      // Of the events only plans are looked at again, while rows are made.
      if (const auto type = all.getColumn(3).getString(); type == "run_requested") {
        bind_all(plan, all.getColumn(0).getInt64(), all.getColumn(2).getString(), type,
                 all.getColumn(1).getString());
        plan.exec();
        plan.reset();
      }
      derive(made, record_of(all));
    }
    std::vector<std::string> wrong;
    for (const auto& table : derived_tables)
      if (!has_rows(db, table, rows_of(made, table)))
        wrong.emplace_back(table.name);
    return wrong;
  });
}

std::uint64_t journal::size_bytes() const {
  std::uint64_t total = 0;
  for (const auto* suffix : {"", "-wal"}) {
    std::error_code none;
    const auto size = std::filesystem::file_size(impl_->file.string() + suffix, none);
    total += none ? 0 : size;
  }
  return total;
}

bool journal::is_replaced() const {
  return impl_->opened && identity_of(impl_->file) != impl_->opened;
}

const std::filesystem::path& journal::file() const {
  return impl_->file;
}

} // namespace baton
