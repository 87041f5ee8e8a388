#include "cli/view/plan_text.hpp"

#include <fmt/format.h>

#include <set>

namespace baton {

namespace {

std::string targets_of(const plan& of, const phase& one) {
  std::set<std::string> seen;
  std::string text;
  for (const auto& step : one.steps)
    for (const auto& on : step.on)
      if (auto name = unit_name(of, on.of); name != controller_name && seen.insert(name).second)
        text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "controller" : text;
}

} // namespace

std::string plan_text(const plan& of) {
  auto text = fmt::format("{} to environment {} of {}:\n", of.request.commit_hash,
                          of.request.environment, of.fleet.name);
  int number = 0;
  for (const auto& one : of.phases) {
    if (one.kind == phase_kind::guard)
      continue;
    ++number;
    if (one.skipped) {
      text += fmt::format("  {}. {:<14} skipped: {}\n", number, one.id, *one.skipped);
      continue;
    }
    text += fmt::format("  {}. {:<14} {}", number, one.id, targets_of(of, one));
    if (one.retry.attempts_max > 1)
      text += fmt::format(" ({} attempts)", one.retry.attempts_max);
    text += fmt::format("; if it fails: roll back {}, {}\n", to_string(one.on_failure.rollback),
                        to_string(one.on_failure.ends));
  }
  return text;
}

} // namespace baton
