#pragma once

#include "messages/time.hpp"

#include <filesystem>

namespace baton {

/// Notices that somebody, in whatever process, has written to a journal. Used by one thread; `wake`
/// by any.
class journal_watch {
public:
  /// `file`: of the journal.
  explicit journal_watch(const std::filesystem::path& file);
  journal_watch(const journal_watch&) = delete;
  journal_watch& operator=(const journal_watch&) = delete;
  ~journal_watch();

  /// Blocks until something was written, `wake` was called, or that time is over, which is also
  /// what happens where a file system tells nobody.
  void wait(duration most);
  void wake();

private:
  int events_ = -1;
  int waker_ = -1;
};

} // namespace baton
