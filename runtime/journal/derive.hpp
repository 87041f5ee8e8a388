#pragma once

#include "messages/event.hpp"
#include "runtime/journal/sqlite.hpp"

namespace baton {

/// Brings the derived tables up to date with an event that has just got its number. Part of the
/// event's transaction; throws SQLite's exceptions.
void derive(SQLite::Database& db, const record& what);

/// Empties the derived tables.
void forget_derived(SQLite::Database& db);

} // namespace baton
