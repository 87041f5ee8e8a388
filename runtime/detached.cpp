#include "runtime/detached.hpp"

#include "runtime/fault.hpp"
#include "runtime/secrets/said_secrets.hpp"

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

extern char** environ; // NOLINT: POSIX has no header for it

namespace baton {

namespace {

constexpr const char* this_program = "/proc/self/exe";

bool is_open_variable(std::string_view entry) {
  const auto name = entry.substr(0, entry.find('='));
  return name.size() < entry.size() && secrets_in(name, entry.substr(name.size() + 1)).empty();
}

/// What a started program begins with.
class spawn_words {
public:
  spawn_words() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&how);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    ::posix_spawn_file_actions_addchdir_np(&files, "/");
    sigset_t signals;
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&how, &signals);
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&how, &signals);
    ::posix_spawnattr_setflags(&how,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  spawn_words(const spawn_words&) = delete;
  spawn_words& operator=(const spawn_words&) = delete;
  ~spawn_words() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&how);
  }

  posix_spawn_file_actions_t files;
  posix_spawnattr_t how;
};

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> made;
  for (auto& word : words)
    made.push_back(word.data());
  made.push_back(nullptr);
  return made;
}

} // namespace

expected<void> start_detached(const std::vector<std::string>& words) {
  std::vector<std::string> argv{"baton"};
  argv.insert(argv.end(), words.begin(), words.end());
  std::vector<std::string> environment;
  for (auto** entry = environ; *entry != nullptr; ++entry)
    if (is_open_variable(*entry))
      environment.emplace_back(*entry);
  auto arguments = pointers_to(argv);
  auto variables = pointers_to(environment);
  const spawn_words with;
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, this_program, &with.files, &with.how, arguments.data(),
                                   variables.data());
  if (failed != 0)
    return fault(ec::internal, "cannot start baton in the background: "
                                   + std::generic_category().message(failed));
  return {};
}

} // namespace baton
