#include "runtime/steps/step_report.hpp"

namespace baton {

std::string_view to_string(step_state state) noexcept {
  switch (state) {
  case step_state::absent:
    return "absent";
  case step_state::running:
    return "running";
  case step_state::settling:
    return "settling";
  case step_state::done:
    return "done";
  case step_state::lost:
    return "lost";
  case step_state::refused:
    return "refused";
  }
  return "absent";
}

} // namespace baton
