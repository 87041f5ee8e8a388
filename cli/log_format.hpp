#pragma once

#include "cli/command.hpp"
#include "runtime/log/log.hpp"

#include <memory>
#include <string_view>

namespace baton {

/// Whether standard error is for programs: `--log-format json`; `auto`, where it goes to the
/// journal of systemd.
bool logs_as_json(const cli_context& context);

/// One line of JSON on standard error, as the log file has them (docs/logs.md).
void write_json_line(log_level level, std::string_view text, const log_fields& fields);

/// As long as it lives, each line that is written to `std::cerr` is such a line, of level info.
class json_stderr {
public:
  json_stderr();
  json_stderr(const json_stderr&) = delete;
  json_stderr& operator=(const json_stderr&) = delete;
  ~json_stderr();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
