// A library to be preloaded into baton: it counts the transactions of the journal as SQLite writes
// them to its write-ahead log, and at one of them the process dies, or its connections do. The
// binary is the one that users have; nothing in it knows of this.
//
//   BOUNDARY="WHEN NUMBER WHAT"   WHEN before: nothing of that transaction is in the file; what its
//                                   records tell has happened, and nobody has written it down
//                                 torn: the first bytes of it are
//                                 after: it is durable, and nothing has followed from it
//                                 WHAT kill: SIGKILL; cut: every connection of the process is shut
//   BOUNDARY_LOG=FILE             gets a line for each transaction that is durable
//
// What baton starts does not inherit any of it.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

enum class moment { before, torn, after };

struct orders {
  moment when = moment::before;
  long number = 0; ///< of the transaction, from 1; 0: none
  bool kill = true;
  int log = -1;
};

orders read_orders() {
  orders what;
  char when[16] = "";
  char deed[16] = "";
  if (const char* text = std::getenv("BOUNDARY")) {
    if (std::sscanf(text, "%15s %ld %15s", when, &what.number, deed) != 3) {
      std::fprintf(stderr, "BOUNDARY=%s is not understood\n", text);
      std::abort();
    }
    const std::string_view word = when;
    what.when = word == "before" ? moment::before : word == "torn" ? moment::torn : moment::after;
    what.kill = std::string_view{deed} == "kill";
  }
  if (const char* file = std::getenv("BOUNDARY_LOG"))
    what.log = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  for (const char* name : {"LD_PRELOAD", "BOUNDARY", "BOUNDARY_LOG"})
    unsetenv(name);
  return what;
}

// Before main, while there is one thread.
const orders ordered = read_orders();

/// The journal's writers take turns: SQLite lets only one transaction be written at a time.
struct progress {
  std::mutex turn;
  long durable = 0; ///< transactions
  int writes = 0;   ///< of the one that is being written
};
progress& now() {
  static progress it;
  return it;
}

void cut_connections() {
  DIR* all = opendir("/proc/self/fd");
  if (!all)
    return;
  while (const dirent* entry = readdir(all)) {
    const int descriptor = std::atoi(entry->d_name);
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0
        && (peer.ss_family == AF_INET || peer.ss_family == AF_INET6))
      shutdown(descriptor, SHUT_RDWR);
  }
  closedir(all);
}

void reached(moment when, long number) {
  if (when != ordered.when || number != ordered.number)
    return;
  if (ordered.kill)
    kill(getpid(), SIGKILL);
  else
    cut_connections();
}

bool is_log_of_journal(int descriptor) {
  char link[64];
  char name[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const auto length = readlink(link, name, sizeof name);
  return length > 0
         && std::string_view{name, static_cast<std::size_t>(length)}.ends_with("/journal.db-wal");
}

template <class Function>
Function next_of(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

int synced(const char* name, int descriptor) {
  const auto real = next_of<int (*)(int)>(name);
  if (!is_log_of_journal(descriptor))
    return real(descriptor);
  const std::scoped_lock lock{now().turn};
  const int status = real(descriptor);
  if (status == 0 && now().writes > 0) { // else the log's own header
    now().writes = 0;
    ++now().durable;
    if (ordered.log >= 0 && write(ordered.log, "durable\n", 8) != 8)
      std::abort();
    reached(moment::after, now().durable);
  }
  return status;
}

} // namespace

extern "C" {

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  const auto real = next_of<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  if (at == 0 || !is_log_of_journal(descriptor)) // 0: the header of the log, of no transaction
    return real(descriptor, bytes, size, at);
  const std::scoped_lock lock{now().turn};
  const auto before = now().writes++;
  if (before == 0)
    reached(moment::before, now().durable + 1);
  if (before == 1)
    reached(moment::torn, now().durable + 1);
  return real(descriptor, bytes, size, at);
}

int fdatasync(int descriptor) {
  return synced("fdatasync", descriptor);
}

int fsync(int descriptor) {
  return synced("fsync", descriptor);
}
}
