#include "cli/view/plan_text.hpp"

#include "cli/view/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace baton {

namespace {

/// The hosts that a phase is about, in the order of the stages.
std::string hosts_of(const plan& of, const phase& one) {
  std::vector<std::string> seen;
  for (const auto& step : one.steps)
    for (const auto& on : step.on)
      seen.push_back(of.units[on.of].host);
  std::string text;
  for (const auto& stage : of.stages)
    for (const auto& host : stage.hosts)
      if (std::find(seen.begin(), seen.end(), host) != seen.end())
        text += (text.empty() ? "" : ", ") + host;
  return text.empty() ? std::string{controller_name} : text;
}

std::string failure_text(const failure_policy& policy) {
  const auto back = policy.rollback == scope::none
                        ? std::string{"roll nothing back"}
                        : fmt::format("roll back {}", to_string(policy.rollback));
  return fmt::format("if it fails: {}, {}{}", back, to_string(policy.ends),
                     policy.then == after_failure::go_on ? ", go on" : "");
}

std::string phase_text(const plan& of, const phase& one) {
  if (one.skipped)
    return "skipped: " + *one.skipped;
  auto text = hosts_of(of, one);
  if (one.retry.attempts_max > 1)
    text += fmt::format(" ({} attempts)", one.retry.attempts_max);
  return text + "; " + failure_text(one.on_failure);
}

} // namespace

std::string plan_text(const plan& of) {
  auto text = wrapped(fmt::format("{} to environment {} of {}:", of.request.commit_hash,
                                  of.request.environment, of.fleet.name),
                      0);
  int number = 0;
  for (const auto& one : of.phases) {
    if (one.kind == phase_kind::guard)
      continue;
    auto name = fmt::format("  {}. {:<14} ", ++number, one.id);
    const auto indent = columns_of(name);
    // The first line has its name where the others are indented.
    const auto body = wrapped(phase_text(of, one), indent);
    text += name + body.substr(std::min(indent, body.size()));
  }
  return text;
}

} // namespace baton
