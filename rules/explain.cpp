#include "rules/explain.hpp"

#include "rules/plan.hpp"
#include "rules/run.hpp"
#include "rules/serves.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

namespace baton {

namespace {

/// What is to go wrong: the last step of a phase on all that it concerns, or a guard on one stage.
struct assumption {
  std::size_t phase = 0;
  std::optional<std::size_t> ill; ///< a guard: the stage that it finds ill
};

/// Hosts that do what they are told, except for one assumption.
class obedient_hosts {
public:
  obedient_hosts(const plan& of, const assumption& assumed)
      : of_(of),
        failing_(of.phases[assumed.phase]),
        ill_(assumed.ill),
        serving_(of.units.size(), before) {}

  step_outcome answer(const run& now, const event::step_started& step) {
    step_outcome out;
    if (step.phase == failing_.id && step.kind == failing_.steps.back().kind
        && (!ill_ || now.units[step.of].stage == ill_)) {
      out.why = error{};
      out.why->what = "assumed";
    }
    if (step.kind == step_kind::activate)
      serving_[step.of] = of_.release;
    if (step.kind == step_kind::restore)
      serving_[step.of] = before;
    if (step.kind == step_kind::restore_snapshot) {
      const auto [first, last] = stacks_of(of_, step.of);
      for (auto stack = first; stack < last; ++stack)
        serving_[stack] = before;
    }
    out.view = unit_view{true, {serving_[step.of]}, true, {}, before, {}, {}};
    return out;
  }

private:
  static constexpr const char* before = "before";
  const plan& of_;
  const phase& failing_;
  std::optional<std::size_t> ill_;
  std::vector<std::string> serving_;
};

run play(const plan& of, const assumption& assumed) {
  auto now = begin(of);
  obedient_hosts hosts{of, assumed};
  std::deque<event_t> events{event::run_requested{}};
  for (; !events.empty(); events.pop_front())
    for (const auto& one : react(of, now, {0, of.run, of.requested_at, 0, events.front()}))
      if (const auto* step = std::get_if<event::step_started>(&one.what))
        events.emplace_back(event::step_ended{step->phase, step->kind, step->of, step->attempt,
                                              hosts.answer(now, *step)});
  return now;
}

/// The hosts as such, as people think of them: in the order of the stages, then those of none.
std::vector<unit_id> hosts_in_order(const plan& of) {
  std::vector<unit_id> order;
  for (unit_id host = 1; host < of.units.size(); ++host)
    if (of.units[host].stack.empty())
      order.push_back(host);
  const auto place_of = [&](unit_id host) {
    std::size_t place = 0;
    for (const auto& stage : of.stages)
      for (const auto& name : stage.hosts) {
        if (name == of.units[host].host)
          return place;
        ++place;
      }
    return place;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return place_of(a) < place_of(b); });
  return order;
}

explanation describe_end(const plan& of, const assumption& assumed) {
  const auto now = play(of, assumed);
  const auto& ended = *now.finished;
  explanation made;
  made.phase = ended.phase;
  made.how = "fails";
  if (assumed.ill)
    made.how = "is found ill before " + of.phases[assumed.phase].id.substr(6);
  for (const auto host : hosts_in_order(of)) {
    const auto& name = of.units[host].host;
    const auto [first, last] = stacks_of(of, host);
    bool restored = false;
    for (auto stack = first; stack < last; ++stack)
      restored = restored || now.units[stack].restored;
    if (restored)
      made.rolled_back.push_back(name);
    else if (now.units[host].secrets_back)
      made.put_back.push_back(name);
  }
  made.keeps_new = ended.systems_deployed;
  made.ends = *ended.status;
  for (const auto& alert : now.alerts)
    made.alert = std::max(made.alert, alert.severity);
  made.then = now.stopped ? after_failure::stop : after_failure::go_on;
  made.exit_code = ended.exit_code;
  return made;
}

} // namespace

std::vector<explanation> explain(const plan& of) {
  std::vector<explanation> rows;
  for (std::size_t phase = 0; phase < of.phases.size(); ++phase) {
    const auto& spec = of.phases[phase];
    if (spec.skipped)
      continue;
    if (spec.kind != phase_kind::guard) {
      rows.push_back(describe_end(of, {phase, std::nullopt}));
      continue;
    }
    for (std::size_t stage = 0; stage < of.stages.size(); ++stage)
      if (deploy_phase(of, stage) < phase && of.stages[stage].verify == verify_mode::gate)
        rows.push_back(describe_end(of, {phase, stage}));
  }
  return rows;
}

} // namespace baton
