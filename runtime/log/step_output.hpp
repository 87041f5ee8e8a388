#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"
#include "runtime/log/redactor.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// What a step printed, kept on the controller in a file of its own (0600) below
/// `output/<run>/` of the state folder: redacted, and of a long output the beginning and the end.
/// Used by one thread at a time. Nobody waits for it or fails by it: what cannot be written is
/// left out, and told of by `finish`.
class step_output {
public:
  static constexpr std::size_t default_bytes_max = 4u << 20;

  /// Opens the file, empty: what another process has kept of a step that is re-attached to is told
  /// again, from the beginning of its log.
  static expected<step_output> open(const std::filesystem::path& state_folder,
                                    std::string_view step_id,
                                    std::shared_ptr<const redactor> secrets,
                                    std::size_t bytes_max = default_bytes_max);

  step_output(step_output&& other) noexcept;
  step_output& operator=(step_output&& other) noexcept;
  ~step_output(); ///< finishes

  /// Appends what came; gives back what of it may be shown already, redacted. A secret may come
  /// in pieces: the rest of it is held back until it is known.
  std::string append(std::string_view bytes) noexcept;

  /// Writes what was held back and the end of a long output; gives back what was not shown yet.
  std::string finish() noexcept;

  /// How many bytes of the output are in the file, for the journal's offsets.
  std::uint64_t bytes_kept() const;

private:
  struct impl;
  explicit step_output(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

/// A file of output.
struct step_output_entry {
  std::string step_id;
  std::uint64_t bytes = 0;
  time_point written;
};

/// What a run's steps have left, in the order in which they were last written.
expected<std::vector<step_output_entry>>
list_step_outputs(const std::filesystem::path& state_folder, std::string_view run);

/// Up to `bytes_max` bytes of a step's output from `offset`; empty at its end. Error usage when
/// there is none.
expected<std::string> read_step_output(const std::filesystem::path& state_folder,
                                       std::string_view step_id, std::uint64_t offset = 0,
                                       std::size_t bytes_max = 1u << 20);

/// The last `bytes_max` bytes of a step's output; all of a shorter one. Error usage when there is
/// none.
expected<std::string> read_step_output_end(const std::filesystem::path& state_folder,
                                           std::string_view step_id, std::size_t bytes_max);

/// Removes the outputs of all but the newest runs (ids sort by time).
expected<void> prune_step_outputs(const std::filesystem::path& state_folder, std::size_t runs_kept);

} // namespace baton
