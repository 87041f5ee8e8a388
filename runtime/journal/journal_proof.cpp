#include "runtime/journal/derive.hpp"
#include "runtime/journal/journal_impl.hpp"
#include "runtime/journal/schema.hpp"

#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <stdexcept>
#include <utility>

namespace baton {

namespace {

constexpr const char* remedy_of_broken_chain =
    "those before it can be trusted; keep the file, and put a backup in its place or begin anew";

std::string hex_of(const unsigned char* bytes, std::size_t count) {
  std::string made;
  for (std::size_t i = 0; i < count; ++i)
    made += fmt::format("{:02x}", bytes[i]);
  return made;
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

} // namespace

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

} // namespace baton
