#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"
#include "runtime/process_identity.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// Who works at a run, as its lock file says.
struct run_owner {
  bool alive = false; ///< holds the lock now; the rest is about the last one that did
  process_identity process;
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

  /// Runs with a living owner, sorted.
  static std::vector<std::string> owned(const std::filesystem::path& state_folder);

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
