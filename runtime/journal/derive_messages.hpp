#pragma once

#include "messages/event.hpp"
#include "runtime/journal/sqlite.hpp"

namespace baton {

/// The part of `derive` that is about messages: the outbox, who has to know, how channels stand.
void derive_messages(SQLite::Database& db, const record& what);

} // namespace baton
