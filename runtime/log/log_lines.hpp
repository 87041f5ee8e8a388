#pragma once

#include "runtime/log/log.hpp"

#include <chrono>
#include <string>

/// A line of the log as text, for log.cpp.

namespace baton {

using log_time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// One JSON object without a line end (docs/logs.md). A line of no run has the trace of `process`,
/// any text that is this process's alone.
std::string json_line(log_time at, log_level level, std::string_view text, const log_fields& fields,
                      const redactor* secrets, std::string_view process = {});

/// For people: time of day, level, where, text; causes of an error on lines of their own.
std::string human_line(log_time at, log_level level, std::string_view text,
                       const log_fields& fields, const redactor* secrets, bool colour);

/// Whether stderr is a terminal that wants colour: not with NO_COLOR, TERM=dumb or no TERM.
bool stderr_wants_colour();

} // namespace baton
