#include "cli/outcome_reader.hpp"

namespace baton {

std::string fact(const step_outcome& of, const std::string& key) {
  const auto found = of.facts.find(key);
  return found == of.facts.end() ? std::string{} : found->second;
}

void look_instead_of_verifying(plan& of, const std::vector<step_kind>& looks, duration deadline) {
  for (auto& one : of.phases) {
    if (one.id != "verification")
      continue;
    one.steps.clear();
    for (const auto kind : looks) {
      step_spec look;
      look.kind = kind;
      look.deadline = deadline;
      for (unit_id which = 0; which < of.units.size(); ++which)
        if (!of.units[which].stack.empty())
          look.on.push_back({which, of.units[which].host});
      one.steps.push_back(std::move(look));
    }
    one.retry = {};
    one.skipped.reset();
    one.report_all = true;
  }
}

} // namespace baton
