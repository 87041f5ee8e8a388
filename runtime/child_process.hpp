#pragma once

#include "messages/error.hpp"

#include <string>

#include <sys/types.h>

namespace baton {

/// A descriptor that closes itself.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_{fd} {}
  descriptor(descriptor&& other) noexcept : fd_{other.release()} {}
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() noexcept;
  int release() noexcept;

private:
  int fd_ = -1;
};

/// How a child ended.
struct child_end {
  int status = -1;    ///< exit status, when no signal
  std::string signal; ///< name without SIG
};

/// A child process in a session of its own, our ends of its pipes non-blocking and close-on-exec.
/// Killed (with its group) and reaped when destroyed.
class child_process {
public:
  /// `/bin/sh -c command` in `/`.
  static expected<child_process> spawn(const std::string& command);

  /// `shell -c command` in the current folder, `socket` being its standard input and output; our
  /// `in` and `out` stay empty.
  static expected<child_process> spawn_on(int socket, const std::string& shell,
                                          const std::string& command);

  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;
  ~child_process();

  descriptor in;
  descriptor out;
  descriptor err;

  /// Readable (poll) when the child has ended.
  int ended_fd() const { return pidfd_.get(); }

  /// How it ended; call once `ended_fd` is readable, once.
  child_end reap();

private:
  child_process() = default;

  class spawn_plan;
  static expected<child_process> start(spawn_plan& plan, std::string shell, std::string command,
                                       int in, int out);

  pid_t pid_ = -1;
  descriptor pidfd_;
};

} // namespace baton
