#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

class redactor;

enum class log_level : std::uint8_t { debug, info, warning, error, off };

std::string_view to_string(log_level value) noexcept;
/// Nothing for a name nobody knows; `trace` is all there is, which is `debug`.
std::optional<log_level> log_level_from_string(std::string_view name) noexcept;

/// What a line speaks of. Only views: they need to live for the call alone. docs/logs.md says what
/// people read.
struct log_fields {
  std::string_view run = {};
  std::string_view fleet = {};
  std::string_view host = {};
  std::string_view phase = {};
  std::string_view step = {};   ///< its id
  std::string_view actor = {};  ///< whose word it is: `supervisor`, `host`; empty: `main`
  std::string_view event = {};  ///< stable snake_case name: `step_ended`; empty: `message`
  std::string_view stream = {}; ///< of what a step printed: `output`
  std::string_view status = {}; ///< `ok`, `failed`, a verdict's status
  int attempt = 0;              ///< 1-based; 0: none
  std::optional<duration> took = {};
  const error* why = nullptr; ///< with its causes, and where the innermost was made
};

struct log_options {
  std::filesystem::path file; ///< JSON lines; empty: no file
  log_level file_level = log_level::info;
  log_level terminal_level = log_level::warning; ///< of stderr; `off`: nothing
  bool terminal_json = false;                    ///< the file's lines there, not those for people
  std::string run;                               ///< of lines that name none
  std::string fleet;                             ///< the same
  std::optional<bool> colour;                    ///< empty: as the terminal and NO_COLOR say
  std::shared_ptr<const redactor> secrets;       ///< null: nothing is redacted
};

/// `logs/deployment_orchestrator.log` in a state folder.
std::filesystem::path log_file(const std::filesystem::path& state_folder);

/// Writes lines for people on stderr, and JSON lines into a file (0600; where logrotate has moved
/// it away, the next line begins a new one). Never throws and never fails its caller: a file that
/// cannot be written is told of once, on stderr. Secrets are taken out of texts and errors (not of
/// names: those are ours), invalid UTF-8 is replaced, control characters do not reach the terminal.
/// May be used by any number of threads.
class logger {
public:
  explicit logger(log_options options);
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;
  ~logger();

  void write(log_level level, std::string_view text, const log_fields& fields = {}) noexcept;

  /// Whether a line of this level would be written anywhere.
  bool writes(log_level level) const noexcept;

  /// How many lines of each level were asked for, written or not; index is the level.
  std::array<std::uint64_t, 4> counts() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Where `log()` writes from now on; null (as at the start): nowhere.
void log_to(std::shared_ptr<logger> where);

/// Whether `log()` would write a line of this level: for what costs something to make.
bool is_logged(log_level level) noexcept;

/// Writes a line to the process's logger.
void log(log_level level, std::string_view text, const log_fields& fields = {}) noexcept;

} // namespace baton
