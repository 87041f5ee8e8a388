#pragma once

#include "runtime/journal/sqlite.hpp"

#include <string_view>

namespace baton {

/// Brings a database to this binary's tables, in one transaction. Error: a file of a newer Baton,
/// or one that is no journal. Throws SQLite's exceptions.
expected<void> migrate(SQLite::Database& db, const std::filesystem::path& file);

/// Makes what a database of this binary has and that one lacks, but the events: tables, indexes,
/// triggers. Throws SQLite's exceptions.
void make_missing(SQLite::Database& db);

/// The tables that are made from the events, and what makes their rows comparable.
struct derived_table {
  const char* name;
  const char* order; ///< columns of its key
};
inline constexpr derived_table derived_tables[] = {
    {"run", "id"},        {"host_state", "fleet, host, stack"}, {"outbox", "event, channel, nth"},
    {"attention", "run"}, {"channel", "fleet, name"},           {"alerted_run", "run"}};

} // namespace baton
