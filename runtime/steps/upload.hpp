#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace baton {

/// Where a step finds the files that were uploaded for it: its `$BATON_FILES`. `state_dir` is
/// `shell_facts::state_dir`. The folder is removed when the step is over.
std::string step_files_folder(std::string_view state_dir, std::string_view step_id);

/// Brings one file of any content to a target, through a channel of its own that runs
/// `exec /bin/sh`. No I/O, clock or threads, as control_shell.
///
///     bootstrap() ─▶ write it ─▶ feed() … `ready` ─▶ write the content, end stdin ─▶ feed() …
///     `done`
///
/// The file gets its name when all of it is there and on the disk, else the target is as before
/// (after a kill -9 a file `NAME.baton-…` may be left). Mode 0600; folders that are missing are
/// made, 0700.
class upload {
public:
  struct options {
    std::string folder; ///< absolute path on the target
    std::string name;   ///< one path component, not `.` or `..`
    std::uint64_t size = 0;
    std::string target; ///< its name, for errors
  };

  /// `ready` (the content can be written) is called at most once, `done` exactly once; neither may
  /// destroy the upload. Errors: `no_space`, `step_failed` with the target's words,
  /// `connection_lost`.
  upload(options what, std::function<void()> ready, std::function<void(expected<void>)> done);
  upload(const upload&) = delete;
  upload& operator=(const upload&) = delete;
  ~upload();

  /// What to write first. Nothing may follow it before `ready`.
  std::string bootstrap();

  /// What the channel's stdout said.
  void feed(std::string_view bytes);

  /// The channel ended or was lost. Nothing happens when `done` was called already.
  void lost(const error& why);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace baton
