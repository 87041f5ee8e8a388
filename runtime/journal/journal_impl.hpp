#pragma once

#include "runtime/fault.hpp"
#include "runtime/journal/chain.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/journal/rows.hpp"

#include <chrono>
#include <mutex>
#include <sys/types.h>
#include <type_traits>

/// For the files of this folder that make up a journal: journal.cpp opens and appends,
/// journal_queries.cpp reads, journal_proof.cpp tells whether it is as it was written.

namespace baton {

inline constexpr auto busy_timeout = std::chrono::seconds{10};

/// As SQLite has it.
inline std::int64_t signed_of(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

/// Which file a name means.
struct file_identity {
  dev_t device = 0;
  ino_t number = 0;
  friend bool operator==(const file_identity&, const file_identity&) = default;
};

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

  static expected<journal> open(const std::filesystem::path& file, const std::string& name);

  std::filesystem::path file;
  std::optional<file_identity> opened; ///< nothing: it is in memory
  SQLite::Database db;
  std::mutex mutex;
};

struct chain_end {
  std::uint64_t seq = 0;
  chain_hash hash{};
};

/// The chain up to that event, or to the last one before it. Throws where its hash is damaged.
chain_end chain_until(SQLite::Database& db, std::uint64_t seq);

/// All of it.
chain_end end_of_chain(SQLite::Database& db);

} // namespace baton
