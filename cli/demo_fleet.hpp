#pragma once

#include "messages/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace baton {

/// The three hosts of `baton demo`: processes of this user on loopback and one temporary folder.
/// Gone when this object goes, unless `keep` was called; gone too when this process is killed.
/// Blocks. Changes PATH and the state folder of this process, so that what it starts uses the
/// demo's ssh config and journal and not the user's. Not thread-safe.
class demo_fleet {
public:
  /// Starts it. Fails with `missing_tool` when sshd, git, busybox, curl (or Docker) is not there.
  static expected<demo_fleet> start(bool with_docker, bool keep);

  demo_fleet(demo_fleet&& other) noexcept;
  demo_fleet& operator=(demo_fleet&&) = delete;
  ~demo_fleet();

  /// Commits that release of the app to the hosts' git remote.
  expected<void> release(std::string_view version) const;

  /// A line for each host: what it answers over HTTP right now.
  std::string serving() const;

  std::filesystem::path config() const { return folder_ / "controller" / "baton.yaml"; }
  const std::filesystem::path& folder() const { return folder_; }

private:
  explicit demo_fleet(std::filesystem::path folder, bool keep);

  std::filesystem::path folder_; ///< empty: moved from
  bool keep_;
};

} // namespace baton
