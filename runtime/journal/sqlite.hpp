#pragma once

#include "messages/error.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// For the .cpp files of this folder alone: SQLite's headers stop here.

namespace baton {

/// An exception of SQLite as an error that says what to do.
tl::unexpected<error> sqlite_fault(const SQLite::Exception& thrown, std::string_view doing,
                                   const std::filesystem::path& file);

inline void bind_one(SQLite::Statement& to, int index, std::string_view value) {
  to.bind(index, std::string{value});
}
inline void bind_one(SQLite::Statement& to, int index, std::int64_t value) {
  to.bind(index, value);
}
inline void bind_one(SQLite::Statement& to, int index, std::nullopt_t) {
  to.bind(index);
}
template <class T>
void bind_one(SQLite::Statement& to, int index, const std::optional<T>& value) {
  if (value)
    bind_one(to, index, *value);
  else
    to.bind(index);
}

/// Binds the statement's `?` in order; whole numbers as std::int64_t.
template <class... Values>
SQLite::Statement& bind_all(SQLite::Statement& to, const Values&... values) {
  int index = 0;
  (bind_one(to, ++index, values), ...);
  return to;
}

/// Runs one statement to its end; how many rows it changed.
template <class... Values>
int run_sql(SQLite::Database& db, const char* sql, const Values&... values) {
  SQLite::Statement statement{db, sql};
  return bind_all(statement, values...).exec();
}

} // namespace baton
