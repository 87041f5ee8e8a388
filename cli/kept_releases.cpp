#include "cli/kept_releases.hpp"

#include "cli/outcome_reader.hpp"
#include "cli/parts.hpp"

#include <algorithm>
#include <memory>
#include <sstream>

namespace baton {

namespace {

bool is_in(const plan& of, const std::set<std::string>& stages, const std::string& host) {
  return std::any_of(of.stages.begin(), of.stages.end(), [&](const stage& one) {
    return (stages.empty() || stages.contains(one.name))
           && std::find(one.hosts.begin(), one.hosts.end(), host) != one.hosts.end();
  });
}

kept_stack kept_of(const plan& of, const outcome_reader& seen, unit_id which) {
  kept_stack made;
  made.unit = unit_name(of, which);
  made.stack = of.units[which].stack;
  const auto* inspected = seen.find(step_kind::inspect, which);
  if (!inspected || !inspected->view || !inspected->view->seen) {
    made.unseen = inspected && inspected->why ? describe(*inspected->why) : "nobody has looked";
    return made;
  }
  made.good = kept_from(fact(*inspected, "kept"));
  if (const auto& runs = inspected->view->releases; runs.size() == 1)
    made.serves = runs.front();
  return made;
}

} // namespace

std::vector<kept_release> kept_from(const std::string& text) {
  std::vector<kept_release> made;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    kept_release one;
    if (std::istringstream words{line}; words >> one.release >> one.commit >> one.run >> one.at)
      made.push_back(std::move(one));
  }
  return made;
}

std::vector<kept_stack> look_for_kept(const cli_context& context, const workspace& in,
                                      const std::string& environment,
                                      const std::set<std::string>& stages) {
  part which;
  which.phases["verification"] = {};
  auto todo = plan_of_part(*in.fleet, environment, which);
  todo.returns_to = "?";
  look_instead_of_verifying(todo, {step_kind::inspect}, in.fleet->deadlines.pre_flight);
  const auto of = std::make_shared<const plan>(std::move(todo));
  const auto seen = std::make_shared<outcome_reader>();
  run_options how;
  how.journaled = false;
  how.announced = false;
  how.progress = "quiet";
  how.also = seen;
  (void)carry_out(context, in, of, how);
  std::vector<kept_stack> made;
  for (unit_id unit = 0; unit < of->units.size(); ++unit)
    if (!of->units[unit].stack.empty() && is_in(*of, stages, of->units[unit].host))
      made.push_back(kept_of(*of, *seen, unit));
  return made;
}

} // namespace baton
