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
  std::string unread;    ///< the beginning of the next one, as it came
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
};

void fold_record(view_model& view, const record& what);

/// Output of a running step, in pieces of any size: its last line that says something is what
/// people see.
void fold_output(view_model& view, const std::string& step_id, std::string_view text);

} // namespace baton
