#include "runtime/journal/journal_watch.hpp"

#include <algorithm>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace baton {

journal_watch::journal_watch(const std::filesystem::path& file)
    : events_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)},
      waker_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  // The folder: the journal's files beside the first one come and go.
  if (events_ >= 0)
    (void)::inotify_add_watch(events_, file.parent_path().c_str(), IN_MODIFY | IN_CREATE);
}

journal_watch::~journal_watch() {
  for (const int fd : {events_, waker_})
    if (fd >= 0)
      ::close(fd);
}

void journal_watch::wait(duration most) {
  pollfd fds[] = {{events_, POLLIN, 0}, {waker_, POLLIN, 0}};
  constexpr std::int64_t hour = 3'600'000;
  ::poll(fds, 2, static_cast<int>(std::min<std::int64_t>(most.count(), hour)));
  char buffer[4096];
  while (events_ >= 0 && ::read(events_, buffer, sizeof buffer) > 0) {
  }
}

void journal_watch::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(waker_, &one, sizeof one);
}

} // namespace baton
