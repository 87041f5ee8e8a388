#include "runtime/journal/sqlite.hpp"

#include "runtime/fault.hpp"

#include <sqlite3.h>

namespace baton {

namespace {

/// What a person can do about it.
std::string remedy(int code, const std::filesystem::path& file) {
  const auto folder = file.parent_path().string();
  switch (code) {
  case SQLITE_FULL:
    return "the disk is full: free some space under " + folder;
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return "it may not be written: check the owner and the mode of " + file.string()
           + " and of its folder, and that the file system is not mounted read-only";
  case SQLITE_CANTOPEN:
    return "it cannot be opened: check the owner and the mode of " + folder
           + ", and that its disk has space";
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return "the file is damaged or no journal: move " + file.string()
           + " away (keep it), and put a backup in its place or begin anew";
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return "another process has held it for too long: see who has it open with `fuser "
           + file.string() + "`";
  case SQLITE_IOERR:
    return "reading or writing failed: check the disk under " + folder;
  default:
    return "look at " + file.string();
  }
}

} // namespace

tl::unexpected<error> sqlite_fault(const SQLite::Exception& thrown, std::string_view doing,
                                   const std::filesystem::path& file) {
  const int code = thrown.getErrorCode() & 0xff;
  auto why = make_error(ec::journal_failed, "the journal: " + std::string{doing} + " failed ("
                                                + thrown.what() + "); " + remedy(code, file));
  why.retryable = code == SQLITE_BUSY || code == SQLITE_LOCKED;
  return tl::unexpected<error>{std::move(why)};
}

} // namespace baton
