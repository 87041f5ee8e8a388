#include "metrics/textfile.hpp"

#include "runtime/fault.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace baton {

namespace {

bool write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace

expected<void> replace_textfile(const std::filesystem::path& file, std::string_view text) {
  struct stat there {};
  // A device, a pipe or a link (/dev/null, /dev/stdout) is written to, never replaced.
  const bool plain = ::lstat(file.c_str(), &there) != 0 || S_ISREG(there.st_mode);
  const auto made = plain ? file.string() + "." + std::to_string(getpid()) : file.string();
  const auto failed = [&] {
    const int number = errno;
    if (plain)
      ::unlink(made.c_str());
    return fault(number == ENOSPC ? ec::no_space : ec::config_invalid,
                 "cannot write the metrics to " + file.string() + ": " + std::strerror(number)
                     + "; the folder must be there, and this user may write to it");
  };
  const int how = plain ? O_CREAT | O_TRUNC : O_NONBLOCK | O_TRUNC;
  const int descriptor = ::open(made.c_str(), O_WRONLY | O_CLOEXEC | how, 0644);
  if (descriptor < 0)
    return failed();
  const bool whole = write_whole(descriptor, text) && (!plain || fchmod(descriptor, 0644) == 0);
  if (!whole) {
    const int number = errno;
    ::close(descriptor);
    errno = number;
    return failed();
  }
  if (::close(descriptor) != 0 || (plain && std::rename(made.c_str(), file.c_str()) != 0))
    return failed();
  return {};
}

} // namespace baton
