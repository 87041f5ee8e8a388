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

/// All answers that are not good, as one error; it has the code of the first.
void add(std::optional<error>& to, const std::string& stage, const check_answer& answer) {
  auto text = "check of " + stage + (answer.asked ? " does not answer: " : " could not be asked: ")
              + answer.check;
  if (!answer.why.empty())
    text += ": " + answer.why;
  if (to) {
    to->what += "; " + text;
    return;
  }
  to.emplace();
  to->code = answer.asked ? ec::unhealthy : ec::unreachable;
  to->what = std::move(text);
  to->retryable = true;
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
  std::optional<error> failing;
  std::optional<error> reported;
  for (const auto& answer : outcome.checks) {
    if (answer.ok)
      continue;
    const auto stage = stage_named(of, answer.stage);
    const bool judged = stage && is_judged(of, now, *stage);
    if (judged)
      found.stages.insert(*stage);
    add(judged ? failing : reported, stage ? of.stages[*stage].name : answer.stage, answer);
  }
  if (failing)
    found.why = std::move(failing);
  if (!found.why && outcome.why)
    found.reported = outcome.why;
  else if (!found.why)
    found.reported = std::move(reported);
  return found;
}

} // namespace baton
