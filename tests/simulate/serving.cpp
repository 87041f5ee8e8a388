#include "tests/simulate/serving.hpp"

namespace baton::simulate {

bool stack_files::is_release(const std::string& id) const {
  return !id.empty() && !state_of(id).empty();
}

std::string stack_files::state_of(const std::string& id) const {
  const auto found = releases.find(id);
  return found == releases.end() ? std::string{} : found->second.state;
}

std::string stack_files::rollback_target() const {
  if (is_release(last_good))
    return last_good;
  return is_release("baseline") && state_of("baseline") != "none" ? "baseline" : std::string{};
}

std::string simulated_stack::serves() const {
  std::string all;
  for (const auto& [release, since] : processes)
    all += (all.empty() ? "" : "+") + release;
  return all.empty() ? "-" : all;
}

} // namespace baton::simulate
