#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"
#include "rules/dead_owner.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace baton {

/// Which process somebody is. A pid says something only under the same kernel and in the same pid
/// namespace, and is an identity only with its start time.
struct process_identity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0; ///< since boot, as /proc/PID/stat has it
  std::string boot_id;           ///< of the kernel
  std::string pid_space;         ///< of its pid namespace: `pid:[4026531836]`
  bool operator==(const process_identity&) const = default;
};

process_identity this_process();

/// Whether it still exists. One that cannot be looked at (another user's may be hidden) lives.
owner_process fate_of(const process_identity& who);

/// A process that is proven to be the one that was meant, and stays so: whatever becomes of its
/// pid, a signal reaches it or nobody.
class process_handle {
public:
  /// Errors: ec::unreachable (it is gone, or elsewhere; `why.what` says which), ec::internal (this
  /// kernel has no pidfd).
  static expected<process_handle> open(const process_identity& who);

  process_handle(process_handle&& other) noexcept;
  process_handle& operator=(process_handle&& other) noexcept;
  ~process_handle();

  /// Sends a signal, with a number that its handler may read (`si_value`). Errors: ec::auth_failed
  /// (another user's process), ec::unreachable (it is gone).
  expected<void> send(int signal, int value) const;

  /// Whether it has ended by now, or within that time.
  bool ends_within(duration time) const;

  /// Whether it was stopped (SIGSTOP, Ctrl-Z): it hears nothing until somebody lets it go on.
  bool is_stopped() const;

private:
  process_handle(int descriptor, pid_t pid);
  int descriptor_ = -1;
  pid_t pid_ = 0;
};

} // namespace baton
