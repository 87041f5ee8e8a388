#include "messages/json.hpp"
#include "runtime/journal/derive.hpp"
#include "runtime/journal/journal_impl.hpp"
#include "runtime/journal/schema.hpp"
#include "runtime/journal/state_dir.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

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

std::string tally_of(SQLite::Database& db, std::string_view name) {
  SQLite::Statement asked{db, "SELECT state FROM tally WHERE name = ?"};
  bind_all(asked, name);
  return asked.executeStep() ? asked.getColumn(0).getString() : std::string{};
}

std::optional<file_identity> identity_of(const std::filesystem::path& file) {
  struct stat there {};
  if (::stat(file.c_str(), &there) != 0)
    return {};
  return file_identity{there.st_dev, there.st_ino};
}

} // namespace

expected<journal> journal::impl::open(const std::filesystem::path& file, const std::string& name) {
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
