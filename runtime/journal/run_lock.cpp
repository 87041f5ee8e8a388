#include "runtime/journal/run_lock.hpp"

#include "messages/json.hpp"
#include "messages/json_time.hpp"
#include "runtime/fault.hpp"
#include "runtime/journal/state_dir.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

/// An id is made by us, but comes back from outside: it must not leave the folder.
expected<std::filesystem::path> lock_file(const std::filesystem::path& state_folder,
                                          std::string_view run) {
  if (run.empty() || run.find('/') != std::string_view::npos || run.starts_with('.'))
    return fault(ec::usage, "not the id of a run: " + std::string{run});
  return state_folder / "locks" / run;
}

struct flock whole_file() {
  struct flock what {};
  what.l_type = F_WRLCK;
  what.l_whence = SEEK_SET;
  return what;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write_owner(int descriptor) {
  const auto self = this_process();
  const ordered_json owner{
      {"pid", self.pid},
      {"start_ticks", self.start_ticks},
      {"boot_id", self.boot_id},
      {"pid_space", self.pid_space},
      {"since", format_time(std::chrono::time_point_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now()))},
  };
  const auto text = dump(owner) + '\n';
  // Only for people and messages: the lock itself is what counts, so a full disk does not matter.
  if (ftruncate(descriptor, 0) == 0) [[maybe_unused]]
    const auto written = pwrite(descriptor, text.data(), text.size(), 0);
}

run_owner read_owner(const std::filesystem::path& file) {
  run_owner made;
  const auto parsed = json::parse(read_file(file), nullptr, false);
  if (!parsed.is_object())
    return made;
  try {
    made.process.pid = parsed.value("pid", 0);
    made.process.start_ticks = parsed.value("start_ticks", std::uint64_t{0});
    made.process.boot_id = parsed.value("boot_id", "");
    made.process.pid_space = parsed.value("pid_space", "");
    made.since = parse_time(parsed.value("since", "")).value_or(time_point{});
  } catch (const json::exception&) {
    return {};
  }
  return made;
}

/// Whether the path still leads to the open file: the last owner removes it when it is done.
bool still_named(int descriptor, const std::filesystem::path& file) {
  struct stat open_one {};
  struct stat named {};
  return fstat(descriptor, &open_one) == 0 && stat(file.c_str(), &named) == 0
         && open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

tl::unexpected<error> lock_fault(const std::filesystem::path& file) {
  return fault(ec::journal_failed, "cannot lock " + file.string() + ": " + std::strerror(errno));
}

} // namespace

expected<run_lock> run_lock::acquire(const std::filesystem::path& state_folder,
                                     std::string_view run) {
  const auto file = lock_file(state_folder, run);
  if (!file)
    return tl::unexpected<error>{file.error()};
  if (auto made = make_private_folder(file->parent_path()); !made)
    return tl::unexpected<error>{made.error()};
  for (;;) {
    const int descriptor = ::open(file->c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
      return lock_fault(*file);
    run_lock made{descriptor, *file};
    auto wanted = whole_file();
    // An open file description's lock: not lost when some other code closes the file.
    if (fcntl(descriptor, F_OFD_SETLK, &wanted) != 0) {
      const bool held = errno == EAGAIN || errno == EACCES;
      if (!held) {
        const auto failed = lock_fault(*file);
        made.file_.clear();
        return failed;
      }
      const auto owner = read_owner(*file);
      made.file_.clear(); // not ours to remove
      return fault(ec::lease_held, "process " + std::to_string(owner.process.pid)
                                       + " is at work on run " + std::string{run}
                                       + "; wait for it, or: baton cancel " + std::string{run});
    }
    if (!still_named(descriptor, *file)) {
      made.file_.clear();
      continue;
    }
    write_owner(descriptor);
    return made;
  }
}

expected<std::optional<run_owner>> run_lock::owner(const std::filesystem::path& state_folder,
                                                   std::string_view run) {
  const auto file = lock_file(state_folder, run);
  if (!file)
    return tl::unexpected<error>{file.error()};
  const int descriptor = ::open(file->c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT)
      return std::optional<run_owner>{};
    return lock_fault(*file);
  }
  auto asked = whole_file();
  const bool known = fcntl(descriptor, F_OFD_GETLK, &asked) == 0;
  ::close(descriptor);
  if (!known)
    return lock_fault(*file);
  auto made = read_owner(*file);
  made.alive = asked.l_type != F_UNLCK;
  return std::optional{made};
}

std::vector<std::string> run_lock::owned(const std::filesystem::path& state_folder) {
  std::vector<std::string> made;
  std::error_code none;
  for (std::filesystem::directory_iterator at{state_folder / "locks", none}, end;
       !none && at != end; at.increment(none)) {
    auto run = at->path().filename().string();
    const auto who = owner(state_folder, run);
    if (who && *who && (*who)->alive)
      made.push_back(std::move(run));
  }
  std::sort(made.begin(), made.end());
  return made;
}

run_lock::run_lock(int descriptor, std::filesystem::path file)
    : descriptor_(descriptor), file_(std::move(file)) {}

run_lock::run_lock(run_lock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), file_(std::move(other.file_)) {}

run_lock& run_lock::operator=(run_lock&& other) noexcept {
  if (this != &other) {
    release();
    descriptor_ = std::exchange(other.descriptor_, -1);
    file_ = std::move(other.file_);
  }
  return *this;
}

run_lock::~run_lock() {
  release();
}

void run_lock::release() noexcept {
  if (descriptor_ < 0)
    return;
  // Removed while still locked, so that nobody's new lock is taken away (still_named).
  if (!file_.empty())
    ::unlink(file_.c_str());
  ::close(descriptor_);
  descriptor_ = -1;
}

} // namespace baton
