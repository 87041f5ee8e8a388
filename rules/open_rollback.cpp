#include "rules/alerts.hpp"
#include "rules/open_phase.hpp"
#include "rules/plan.hpp"

#include <algorithm>

/// A stage goes back: each host by its application, by its snapshot, or, when the first did not
/// help, by the second. A snapshot rewinds the whole host, so its stacks go together; what runs
/// there still holds the files as they were, so each is then restored from those that are back.

namespace baton {

namespace {

/// What a person should know of it, and how it is known.
std::string told_of_snapshot(const plan& of, const run& now, unit_id host) {
  const auto fact = [&](step_kind kind, const char* key) {
    const auto facts = now.facts.find({kind, host});
    if (facts == now.facts.end())
      return std::string{};
    const auto found = facts->second.find(key);
    return found == facts->second.end() ? std::string{} : found->second;
  };
  const auto seen = fact(step_kind::restore_snapshot, "seen");
  const auto name = fact(step_kind::create_snapshot, "name");
  if (!seen.empty())
    return of.units[host].host + " was set back to the snapshot " + name + " (seen: " + seen
           + "): what was written there since this run took it is gone, data too";
  const auto tool = fact(step_kind::restore_snapshot, "told_by");
  return of.units[host].host + " is said to be set back to the snapshot " + name + ", by "
         + (tool.empty() ? "its tool" : "`" + tool + "`")
         + ", which nothing else shows: if so, what was written there since this run took it is "
           "gone, data too";
}

} // namespace

bool open_phase::owes_rollback(unit_id stack) const {
  const auto& units = now_.stages_left.at(*spec_.stage);
  return std::binary_search(units.begin(), units.end(), stack);
}

void open_phase::begin_rollback() {
  const bool by_app = spec_.steps.front().kind == step_kind::restore;
  for (std::size_t nth = 0; nth < state_.units.size(); ++nth) {
    const auto which = state_.units[nth].of;
    const bool is_host = of_.units[which].stack.empty();
    if (by_app ? !is_host && owes_rollback(which) : is_host)
      make_ready(nth, 1);
  }
}

void open_phase::make_ready(std::size_t nth, int attempt) {
  auto& unit = state_.units[nth];
  unit.attempt = attempt;
  unit.state = unit_state::ready;
  state_.ready.insert(nth);
}

std::vector<std::size_t> open_phase::stacks_here(unit_id host) const {
  std::vector<std::size_t> found;
  const auto [first, last] = stacks_of(of_, host);
  for (auto stack = first; stack < last; ++stack)
    if (const auto nth = find_unit(state_, stack))
      found.push_back(*nth);
  return found;
}

void open_phase::regroup(std::size_t nth) {
  const auto& unit = state_.units[nth];
  const auto host = host_unit(of_, unit.of);
  if (unit.of == host)
    restored_by_snapshot(unit);
  else {
    now_.units[unit.of].restored = unit.state == unit_state::done;
    restored_by_app(host);
  }
}

void open_phase::restored_by_snapshot(const unit_run& host) {
  const auto stacks = stacks_here(host.of);
  if (host.state == unit_state::failed)
    return give_up(host.of, *host.why);
  for (auto nth : stacks) {
    auto& unit = state_.units[nth];
    now_.units[unit.of].restored = false;
    unit.at = 0;
    make_ready(nth, host.attempt);
  }
  now_.warnings.push_back(told_of_snapshot(of_, now_, host.of));
}

void open_phase::restored_by_app(unit_id host) {
  const unit_run* failed = nullptr;
  for (auto nth : stacks_here(host)) {
    const auto& unit = state_.units[nth];
    if (unit.state == unit_state::failed)
      failed = &unit;
    else if (unit.state != unit_state::done && unit.state != unit_state::held)
      return;
  }
  if (failed == nullptr)
    return;
  const auto as_such = find_unit(state_, host);
  const bool may_still = as_such && state_.units[*as_such].state == unit_state::held;
  if (may_still && !now_.units[host].lost)
    make_ready(*as_such, 2);
  else
    give_up(host, *failed->why);
}

void open_phase::give_up(unit_id host, const error& why) {
  const auto stage = *spec_.stage;
  for (auto nth : stacks_here(host))
    if (auto& truth = now_.units[state_.units[nth].of];
        !truth.restored && owes_rollback(state_.units[nth].of))
      truth.rollback_failed = true;
  accuse(host, stage, why);
  fail_rollback(of_, now_, host, why, now_.failures.back().contained.contains(stage));
}

} // namespace baton
