#include "tests/simulate/evidence.hpp"

#include <algorithm>

/// Nothing is called good that was not looked at.

namespace baton::simulate {

namespace {

/// Answers take their time, and not always the same.
constexpr duration unevenness{1'000};

struct span_of_looks {
  const seen_look* first = nullptr;
  const seen_look* last = nullptr;
};

/// Those of the last attempt that was made in the phase.
span_of_looks looks_in(const world& in, const evidence& by, const std::string& phase,
                       const std::string& unit) {
  span_of_looks found;
  for (const auto& one : in.looks) {
    if (one.run != by.of().run || one.phase != phase || one.unit != unit)
      continue;
    if (!found.first || one.attempt > found.first->attempt)
      found.first = &one;
    found.last = &one;
  }
  return found;
}

void must_have_been_good(world& in, evidence& by, const std::string& phase, const std::string& host,
                         const stack& of, bool for_a_while) {
  const auto unit = host + ':' + of.name;
  const auto [first, last] = looks_in(in, by, phase, unit);
  if (!last) {
    by.broken("nothing is good that was not looked at: " + unit + " in " + phase);
    return;
  }
  if (last->serves != by.of().release || !last->is_healthy)
    by.broken("what is good serves the new release and is healthy: " + unit + " in " + phase);
  // The answer to a look may come long after it, over another connection.
  const bool is_late = by.is_troubled(host, first->at);
  if (for_a_while && !is_late && last->at - first->at + unevenness < of.health.steady)
    by.broken("healthy means steady: " + unit + " was looked at for "
              + std::to_string((last->at - first->at).count()) + " ms in " + phase);
}

class looking {
public:
  looking(world& in, evidence& by) : in_{in}, by_{by} {}

  void judge() {
    for (const auto& one : by_.journal()) {
      if (const auto* end = std::get_if<event::phase_ended>(&one.what))
        see(*end);
      if (const auto* step = std::get_if<event::step_started>(&one.what))
        if (step->kind == step_kind::activate)
          must_be_guarded(step->phase);
    }
  }

private:
  void see(const event::phase_ended& what) {
    const auto* phase = by_.find_phase(what.phase);
    if (!phase || what.outcome != phase_outcome::ok) {
      if (phase && phase->stage && phase->kind == phase_kind::deploy)
        fallen_.insert(*phase->stage);
      return;
    }
    if (phase->kind == phase_kind::deploy)
      all_of(*phase->stage, what.phase);
    // What went wrong before is only reported.
    if (phase->kind == phase_kind::verification && *by_.told().status == status::success)
      for (std::size_t stage = 0; stage < by_.of().stages.size(); ++stage)
        if (by_.of().stages[stage].verify == verify_mode::gate)
          all_of(stage, what.phase);
  }

  void all_of(std::size_t nth, const std::string& phase) {
    const auto& stage = by_.of().stages[nth];
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks)
        must_have_been_good(in_, by_, phase, host, stack, true);
  }

  /// What was deployed before is looked at before a further stage is touched.
  void must_be_guarded(const std::string& phase) {
    const auto* next = by_.find_phase(phase);
    if (!next || !next->stage || !guarded_.insert(phase).second)
      return;
    for (std::size_t before = 0; before < *next->stage; ++before) {
      if (fallen_.contains(before))
        continue;
      const auto& stage = by_.of().stages[before];
      if (stage.verify == verify_mode::report)
        continue;
      for (const auto& host : stage.hosts)
        for (const auto& stack : stage.stacks)
          if (!looks_in(in_, by_, "guard:" + phase, host + ':' + stack.name).last
              && !by_.is_troubled(host, duration{0}))
            by_.broken("what is deployed is looked at before the next stage: " + host + " before "
                       + phase);
    }
  }

  world& in_;
  evidence& by_;
  std::set<std::size_t> fallen_;
  std::set<std::string> guarded_;
};

} // namespace

void judge_looks(world& in, evidence& by) {
  looking{in, by}.judge();
}

} // namespace baton::simulate
