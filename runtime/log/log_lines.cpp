#include "runtime/log/log_lines.hpp"

#include "messages/json.hpp"
#include "runtime/fault.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/log/trace_ids.hpp"
#include "runtime/log/utf8.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <unistd.h>

namespace baton {

namespace {

std::string clean(const redactor* secrets, std::string_view text) {
  return secrets ? secrets->redact(text) : std::string{text};
}

std::tm calendar(log_time at, bool local) {
  const auto seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(at));
  std::tm made{};
  local ? localtime_r(&seconds, &made) : gmtime_r(&seconds, &made);
  return made;
}

std::string utc_with_nanoseconds(log_time at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", calendar(at, false), (at - second).count());
}

/// The trace of the innermost error that has one: nearest to what went wrong.
const std::vector<const void*>* innermost_trace(const error& why) {
  const std::vector<const void*>* found = nullptr;
  for (const auto* link = &why; link; link = link->cause.get())
    if (!link->trace.empty())
      found = &link->trace;
  return found;
}

ordered_json error_object(const error& why, const redactor* secrets) {
  auto made = to_json(why);
  made["what"] = clean(secrets, why.what);
  for (auto& cause : made["causes"])
    cause["what"] = clean(secrets, cause["what"].get<std::string>());
  return made;
}

struct look {
  const char* word;
  const char* colour;
};

look look_of(log_level level) {
  switch (level) {
  case log_level::debug:
    return {"debug", "\x1b[2m"};
  case log_level::info:
    return {"info", ""};
  case log_level::warning:
    return {"warning", "\x1b[33m"};
  default:
    return {"error", "\x1b[31m"};
  }
}

void indent(std::string& to, std::string_view text) {
  to += "\n    ";
  for (const char c : text)
    if (c == '\n')
      to += "\n    ";
    else
      to += c;
}

} // namespace

std::string json_line(log_time at, log_level level, std::string_view text, const log_fields& fields,
                      const redactor* secrets, std::string_view process) {
  ordered_json made{{"ts", utc_with_nanoseconds(at)},
                    {"level", to_string(level)},
                    {"logger", "baton"},
                    {"msg", clean(secrets, text)}};
  // Names are ours: they stay whole, should a secret be a word like them.
  const auto add = [&](const char* key, std::string_view value) {
    if (!value.empty())
      made[key] = value;
  };
  add("run", fields.run);
  add("fleet", fields.fleet);
  add("host", fields.host);
  add("phase", fields.phase);
  const auto trace = fields.run.empty() ? process : fields.run;
  made["trace_id"] = trace_id_of(trace);
  made["span_id"] = span_id_of(trace, fields.phase);
  made["actor"] = fields.actor.empty() ? "main" : fields.actor;
  made["event"] = fields.event.empty() ? "message" : fields.event;
  if (fields.took)
    made["duration_ms"] = fields.took->count();
  add("step", fields.step);
  add("status", fields.status);
  if (fields.attempt > 0)
    made["attempt"] = fields.attempt;
  add("stream", fields.stream);
  if (fields.why) {
    made["error"] = error_object(*fields.why, secrets);
    if (const auto* stack = innermost_trace(*fields.why))
      made["stack"] = symbolize(*stack);
  }
  return dump(made);
}

std::string human_line(log_time at, log_level level, std::string_view text,
                       const log_fields& fields, const redactor* secrets, bool colour) {
  const auto [word, on] = look_of(level);
  const bool coloured = colour && *on != '\0';
  auto made = fmt::format("{:%H:%M:%S} {}{:<7}{} ", calendar(at, true), coloured ? on : "", word,
                          coloured ? "\x1b[0m" : "");
  const auto where =
      fields.host.empty() || fields.host == fields.phase
          ? std::string{fields.phase}
          : fmt::format("{}{}{}", fields.phase, fields.phase.empty() ? "" : "/", fields.host);
  if (!where.empty())
    made += printable(where) + ": ";
  const auto shown = printable(clean(secrets, text));
  made += shown.substr(0, shown.find('\n'));
  if (fields.attempt > 1)
    made += fmt::format(" (attempt {})", fields.attempt);
  if (fields.took)
    made += fmt::format(" ({:.1f} s)", static_cast<double>(fields.took->count()) / 1000.0);
  if (const auto more = shown.find('\n'); more != std::string::npos)
    indent(made, std::string_view{shown}.substr(more + 1));
  for (const auto* link = fields.why; link; link = link->cause.get()) {
    const auto what = printable(clean(secrets, link->what));
    if (what != shown)
      indent(made, (link == fields.why ? "" : "because: ") + what);
  }
  return made;
}

bool stderr_wants_colour() {
  const auto value = [](const char* name) {
    const char* found = std::getenv(name);
    return std::string_view{found ? found : ""};
  };
  return isatty(STDERR_FILENO) == 1 && value("NO_COLOR").empty() && !value("TERM").empty()
         && value("TERM") != "dumb";
}

} // namespace baton
