#include "tests/simulate/journal.hpp"

#include "messages/json.hpp"
#include "tests/simulate/world.hpp"

#include <utility>

namespace baton::simulate {

const std::vector<record>& simulated_journal::read_again(const std::string& run) {
  auto& all = read_[run];
  const auto& written = runs[run];
  while (all.size() < written.size()) {
    const auto& one = written[all.size()];
    all.push_back(record_from_json(json::parse(dump(to_json(one)))));
    all.back().seq = one.seq;
  }
  return all;
}

simulated_store::simulated_store(world& in, simulated_journal& into, fate dies)
    : in_{in}, into_{into}, dies_{std::move(dies)} {}

expected<void> simulated_store::append(std::vector<record>& batch) {
  if (is_dead_)
    return baton::unexpected(ec::journal_failed, "this process is dead");
  if (in_.clock.now() < into_.full_until)
    return baton::unexpected(ec::journal_failed, "no space left on device");
  const auto nth = into_.appends++;
  if (dies_(point::before, nth)) {
    is_dead_ = true;
    return baton::unexpected(ec::journal_failed, "this process is dead");
  }
  for (auto& one : batch) {
    auto& run = into_.runs[one.run];
    one.seq = run.size() + 1;
    run.push_back(one);
    if (const auto* first = std::get_if<event::run_requested>(&one.what))
      into_.plans[one.run] = first->plan;
    if (const auto* step = std::get_if<event::step_started>(&one.what))
      into_.begun.insert(
          step_id(*into_.plans.at(one.run), step->phase, step->kind, step->of, step->attempt));
    in_.tell_record(one);
  }
  if (dies_(point::after, nth))
    is_dead_ = true;
  return {};
}

expected<std::size_t> simulated_store::count(const std::string& run) {
  return into_.runs[run].size();
}

expected<std::vector<record>> simulated_store::read(const std::string& run) {
  return into_.runs[run];
}

} // namespace baton::simulate
