#pragma once

#include "messages/event.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton {

/// One step that is under way.
struct active_step {
  std::string phase;
  std::string unit; ///< host, or host/stack
  std::string what; ///< `prepare`
  int attempt = 1;
  time_point since;
  std::string last_line; ///< of its output, printable
};

/// One phase as people see it.
struct phase_line {
  std::string id;
  phase_outcome outcome = phase_outcome::not_run;
  bool active = false;
  std::string note; ///< why it is skipped, what failed
  std::optional<time_point> since;
  std::optional<time_point> until;
  std::map<std::string, std::optional<time_point>> retry_at; ///< by unit, while it waits
};

/// What a live view shows of a run, folded from its records. Plain data; no clock, no terminal.
struct view_model {
  std::shared_ptr<const plan> of;
  std::vector<phase_line> phases;
  std::map<std::string, active_step> active; ///< by step id
  std::optional<time_point> began;
  std::optional<std::string> rolling_back; ///< the phase whose failure is being taken back
  std::string commit;
  bool cancelled = false;
  std::vector<std::string> alerts;
};

void fold_record(view_model& view, const record& what);

/// Output of a running step: its last complete line is what people see.
void fold_output(view_model& view, const std::string& step_id, std::string_view text);

/// The view as lines of at most `width` columns and at most `height` lines, no line ends.
/// `plain_ascii`: no symbols beyond ASCII.
std::vector<std::string> draw(const view_model& view, time_point now, std::size_t width,
                              std::size_t height, bool plain_ascii);

/// `text` without control characters and escape sequences, cut to `columns` columns.
std::string printable(std::string_view text, std::size_t columns);

/// `0.8s`, `42s`, `3m 07s`, `1h 02m`.
std::string human_duration(duration length);

} // namespace baton
