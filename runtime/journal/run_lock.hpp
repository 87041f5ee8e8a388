#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace baton {

/// Who works at a run, as its lock file says.
struct run_owner {
  bool alive = false; ///< holds the lock now; the rest is about the last one that did
  pid_t pid = 0;
  std::uint64_t start_ticks = 0; ///< of the process since boot, as /proc/PID/stat has it
  std::string boot_id;           ///< of the machine when it took the lock
  time_point since;
};

/// The right to work at a run, among the processes that share a state folder. The kernel drops it
/// with the process, however that ends, so a run whose lock is free has no owner. Released by the
/// destructor.
class run_lock {
public:
  /// Error lease_held names the process that has it.
  static expected<run_lock> acquire(const std::filesystem::path& state_folder,
                                    std::string_view run);

  /// The owner of a run; nothing when nobody ever was, or the last one ended in order.
  static expected<std::optional<run_owner>> owner(const std::filesystem::path& state_folder,
                                                  std::string_view run);

  run_lock(run_lock&& other) noexcept;
  run_lock& operator=(run_lock&& other) noexcept;
  ~run_lock();

private:
  run_lock(int descriptor, std::filesystem::path file);
  void release() noexcept;

  int descriptor_ = -1;
  std::filesystem::path file_;
};

} // namespace baton
