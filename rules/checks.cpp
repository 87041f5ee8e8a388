#include "rules/checks.hpp"

#include "rules/blame.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

/// Nothing: a stage that is not in this environment.
std::optional<std::size_t> stage_named(const plan& of, const std::string& name) {
  if (name.empty())
    return of.stages.size() - 1;
  for (std::size_t stage = 0; stage < of.stages.size(); ++stage)
    if (of.stages[stage].name == name)
      return stage;
  return std::nullopt;
}

error as_error(const plan& of, const check_answer& answer, std::size_t stage, bool retryable) {
  error why;
  why.code = ec::unhealthy;
  why.what = "check of " + of.stages[stage].name + " does not answer: " + answer.check;
  if (!answer.why.empty())
    why.what += ": " + answer.why;
  why.retryable = retryable;
  return why;
}

} // namespace

finding weigh(const plan& of, const run& now, step_kind step, unit_id on,
              const step_outcome& outcome) {
  finding found;
  const auto& own = now.units[on].stage;
  const bool only_looks = step == step_kind::guard || step == step_kind::verify;
  if (outcome.why && (!only_looks || is_judged(of, now, *own))) {
    found.why = outcome.why;
    if (own)
      found.stages.insert(*own);
  }
  bool explained = false;
  std::optional<error> failing;
  for (const auto& answer : outcome.checks) {
    if (answer.ok)
      continue;
    explained = true;
    const auto stage = stage_named(of, answer.stage);
    if (!stage || !is_judged(of, now, *stage))
      continue;
    found.stages.insert(*stage);
    if (!failing)
      failing = as_error(of, answer, *stage, !outcome.why || outcome.why->retryable);
  }
  if (explained && (step == step_kind::verify_checks || !found.why))
    found.why = std::move(failing);
  return found;
}

} // namespace baton
