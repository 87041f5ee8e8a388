#include "tests/simulate/evidence.hpp"

#include <algorithm>

/// What a failure means: who goes back, and who is left alone.

namespace baton::simulate {

namespace {

bool by_guard(const evidence& by, const std::string& phase) {
  for (const auto& [id, details] : by.told().details)
    if (id == phase)
      return details.by == "guard";
  return false;
}

/// The scope that the policy of the phase which decided gives, where that is plain to see.
std::optional<std::set<std::size_t>> meant_to_go_back(const evidence& by) {
  const auto& told = by.told();
  const auto* phase = by.find_phase(told.phase);
  if (!phase || *told.status == status::success || !by.of().request.rollback_on_failure)
    return std::nullopt;
  if (told.why && told.why->code == ec::lease_lost)
    return std::nullopt;
  const bool by_stage =
      phase->kind == phase_kind::verification
      && by.of().fleet.verification.rollback == verification_rollback::failing_stage;
  const bool is_blamed =
      std::any_of(by.journal().begin(), by.journal().end(), [&](const auto& one) {
        const auto* end = std::get_if<event::phase_ended>(&one.what);
        return end && end->phase == phase->id && end->outcome != phase_outcome::ok;
      });
  if (by_stage || (!is_blamed && !by_guard(by, phase->id)))
    return std::nullopt;
  return by.covered(phase->id, phase->on_failure.rollback);
}

void judge_those_meant(evidence& by) {
  const auto meant = meant_to_go_back(by);
  if (!meant)
    return;
  for (const auto nth : *meant) {
    const auto& stage = by.of().stages[nth];
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks) {
        if (!by.has_touched(host, stack.name) || by.is_said_not_to_be_back(host))
          continue;
        const auto before = by.before(host, stack.name);
        if (by.left_serving(host, stack.name) != before
            && !by.served(host, stack.name).contains(before))
          by.broken("a rollback takes all of its scope back: " + by.told().phase + " failed, and "
                    + host + ":" + stack.name + " does not serve " + before + " again");
      }
  }
}

/// Stages that any failure of the run may have taken back.
std::set<std::size_t> may_go_back(const evidence& by) {
  std::set<std::size_t> all;
  bool lost = false;
  for (const auto& one : by.journal()) {
    if (const auto* end = std::get_if<event::step_ended>(&one.what))
      lost = lost || (end->outcome.why && end->outcome.why->code == ec::lease_lost);
    const auto* over = std::get_if<event::phase_ended>(&one.what);
    const auto* phase = over ? by.find_phase(over->phase) : nullptr;
    if (!phase || over->outcome == phase_outcome::ok)
      continue;
    // A guard speaks for the stage deployed last, or for all; a cancel there for what comes next.
    const bool any = phase->kind == phase_kind::guard || phase->kind == phase_kind::verification;
    all.merge(by.covered(phase->id, any || lost ? scope::all : phase->on_failure.rollback));
  }
  return all;
}

std::size_t stage_of(const evidence& by, const std::string& host) {
  const auto& all = by.of().stages;
  const auto found = std::find_if(all.begin(), all.end(), [&](const stage& one) {
    return std::find(one.hosts.begin(), one.hosts.end(), host) != one.hosts.end();
  });
  return static_cast<std::size_t>(found - all.begin());
}

void judge_those_left_alone(world& in, evidence& by) {
  const auto allowed = may_go_back(by);
  std::set<std::string> activated;
  for (const auto& one : in.seen) {
    if (one.script.run != by.of().run || one.is_look)
      continue;
    const auto kind = one.script.kind;
    if (kind == step_kind::activate)
      activated.insert(one.script.host);
    if (kind != step_kind::restore && kind != step_kind::restore_snapshot)
      continue;
    if (!by.has_meant_to_touch(one.script.host))
      by.broken("only what was changed is taken back: " + one.script.id);
    if (!by.of().request.rollback_on_failure)
      by.broken("nothing is taken back where that is not wanted: " + one.script.id);
    if (!allowed.contains(stage_of(by, one.script.host)))
      by.broken("who did not fail is left alone: " + one.script.id);
  }
  for (const auto& stage : by.of().stages)
    for (const auto& host : stage.hosts)
      for (const auto& [stack, one] : in.at(host).stacks)
        for (const auto& change : one.history)
          if (change.by == by.of().run && !activated.contains(host))
            by.broken("who is not touched serves what it did: " + host + ":" + stack);
}

void judge_alerts(evidence& by) {
  const auto* phase = by.find_phase(by.told().phase);
  const bool is_plain = phase && phase->kind != phase_kind::verification && !by_guard(by, phase->id)
                        && !by.told().cancelled && meant_to_go_back(by).has_value();
  if (is_plain && phase->on_failure.alert != severity::none
      && std::none_of(by.journal().begin(), by.journal().end(), [&](const record& one) {
           const auto* alert = std::get_if<event::alert_raised>(&one.what);
           return alert && alert->phase == phase->id && alert->severity >= phase->on_failure.alert;
         }))
    by.broken("a failure is told as the policy says: nobody hears of " + phase->id);
  for (const auto& host : by.told().rollback_failed) {
    const bool is_told =
        std::any_of(by.journal().begin(), by.journal().end(), [&](const record& one) {
          const auto* alert = std::get_if<event::alert_raised>(&one.what);
          return alert && alert->host == host && alert->severity == severity::critical;
        });
    if (!is_told)
      by.broken("a failed rollback is told: nobody hears of " + host);
  }
}

} // namespace

void judge_rollback(world& in, evidence& by) {
  judge_those_meant(by);
  judge_those_left_alone(in, by);
  judge_alerts(by);
}

} // namespace baton::simulate
