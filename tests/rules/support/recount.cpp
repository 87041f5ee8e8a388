#include "tests/rules/support/recount.hpp"

#include <algorithm>

namespace baton::test {

namespace {

std::set<std::size_t> in_state(const phase_run& phase, unit_state state) {
  std::set<std::size_t> found;
  for (std::size_t nth = 0; nth < phase.units.size(); ++nth)
    if (phase.units[nth].state == state)
      found.insert(nth);
  return found;
}

} // namespace

std::string recount(const plan& of, const run& now) {
  if (!now.open)
    return "";
  const bool forward = now.open->track == track::forward;
  const bool back = now.open->track == track::rollback;
  const auto& phase = forward ? now.phases[now.open->index]
                      : back  ? now.rollback[now.open->index]
                              : now.ending;
  const auto& spec = forward ? of.phases[now.open->index]
                     : back  ? of.rollback[now.open->index]
                             : of.ending;
  std::string said;
  const auto expect = [&](bool holds, const char* what) {
    if (!holds)
      said += std::string{what} + " of " + spec.id + "\n";
  };
  expect(phase.ready == in_state(phase, unit_state::ready), "ready");
  expect(phase.running == in_state(phase, unit_state::running), "running");
  expect(phase.failing == in_state(phase, unit_state::failing), "failing");
  expect(phase.backing_off == in_state(phase, unit_state::backing_off).size(), "backing off");
  if (back || phase.halted)
    return said;
  std::set<std::size_t> held;
  for (const auto& some : phase.held)
    held.insert(some.begin(), some.end());
  expect(held == in_state(phase, unit_state::held), "held");
  std::size_t open = 0;
  for (std::size_t nth = 0; nth < phase.barriers.size(); ++nth) {
    const auto left = static_cast<std::size_t>(
        std::count_if(phase.units.begin(), phase.units.end(),
                      [&](const unit_run& one) { return one.passed <= nth; }));
    expect(phase.pending[nth] == left, "pending");
    if (left == 0 && nth == open)
      ++open;
  }
  expect(phase.open_barriers == open, "open barriers");
  return said;
}

run from_scratch(const plan& of, const std::vector<record>& journal) {
  auto now = begin(of);
  for (const auto& one : journal)
    now = fold(of, std::move(now), one);
  return now;
}

} // namespace baton::test
