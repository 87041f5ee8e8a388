#include "runtime/journal/state_dir.hpp"

#include "runtime/fault.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <pwd.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace baton {

namespace {

/// An environment variable that names an absolute path; empty when it does not. (XDG says that a
/// relative one is to be ignored.)
std::filesystem::path absolute_path_of(const char* variable) {
  const char* value = std::getenv(variable);
  std::string text = value ? value : "";
  // systemd separates several state folders by colons.
  text = text.substr(0, text.find(':'));
  return text.starts_with('/') ? std::filesystem::path{text} : std::filesystem::path{};
}

std::filesystem::path home() {
  if (auto path = absolute_path_of("HOME"); !path.empty())
    return path;
  const auto* user = getpwuid(getuid());
  return user && user->pw_dir ? user->pw_dir : "/";
}

} // namespace

std::filesystem::path state_dir() {
  if (auto service = absolute_path_of("STATE_DIRECTORY"); !service.empty())
    return service;
  if (auto base = absolute_path_of("XDG_STATE_HOME"); !base.empty())
    return base / "baton";
  return home() / ".local" / "state" / "baton";
}

std::filesystem::path journal_file(const std::filesystem::path& state_folder) {
  return state_folder / "journal.db";
}

expected<void> make_private_folder(const std::filesystem::path& folder) {
  struct stat there {};
  if (stat(folder.c_str(), &there) == 0) {
    if (S_ISDIR(there.st_mode))
      return {};
    return fault(ec::journal_failed,
                 folder.string() + " is not a folder; move it away, or set XDG_STATE_HOME");
  }
  if (const auto parent = folder.parent_path(); !parent.empty() && parent != folder)
    if (auto made = make_private_folder(parent); !made)
      return made;
  // Another process may be faster: that is as good.
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST)
    return {};
  return fault(ec::journal_failed, "cannot make the folder " + folder.string() + ": "
                                       + std::strerror(errno)
                                       + "; give this user the right to, or set XDG_STATE_HOME");
}

} // namespace baton
