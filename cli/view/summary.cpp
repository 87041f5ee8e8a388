#include "cli/view/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton {

namespace {

constexpr std::size_t line_columns_max = 4000;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string headline(const result& how) {
  if (!how.status)
    return "unfinished";
  switch (*how.status) {
  case status::success:
    // a verb that does one thing alone (`secrets sync`, `snapshot create`)
    return how.systems_deployed.empty() ? "success: " + how.phase + " alone, nothing was deployed"
                                        : "success: every host serves the new release";
  case status::partial_success:
    return "partial_success: " + how.phase + " not on the new release";
  case status::failed:
    return "failed in " + how.phase;
  case status::aborted:
    return "aborted in " + how.phase + " before any stack was touched";
  case status::rolled_back:
    return "rolled_back after " + how.phase;
  }
  return "failed";
}

std::string health_of(const host_verdict& host) {
  if (!host.healthy)
    return host.serves == serves::none ? "nothing runs" : "health unknown";
  return *host.healthy ? "healthy" : "NOT healthy";
}

std::vector<std::string> untouched(const plan& of, const result& how) {
  std::vector<std::string> names;
  for (const auto& stage : of.stages)
    for (const auto& host : stage.hosts)
      if (std::find(how.changed.begin(), how.changed.end(), host) == how.changed.end())
        names.push_back(host);
  return names;
}

/// The hosts that the exit code 2 speaks of.
std::vector<std::string> in_need(const result& how) {
  auto hosts = how.rollback_failed;
  if (how.exit_code == 2)
    for (const auto& host : how.changed) {
      const auto found = how.hosts.find(host);
      const bool well =
          found == how.hosts.end()
          || (found->second.serves != serves::unknown && found->second.healthy != false);
      if (!well && std::find(hosts.begin(), hosts.end(), host) == hosts.end())
        hosts.push_back(host);
    }
  return hosts;
}

std::vector<std::string> next_steps(const result& how) {
  std::vector<std::string> steps;
  if (!how.status) {
    steps.push_back("baton resume " + how.run);
    return steps;
  }
  for (const auto& host : in_need(how))
    steps.push_back("a person is needed on " + host + ": baton health " + host + ", baton logs "
                    + how.run + " --host " + host);
  if (*how.status == status::success)
    return steps;
  if (how.exit_code == 3)
    steps.push_back("baton lease show");
  if (how.rollback_failed.empty()) {
    steps.push_back("baton logs " + how.run);
    if (how.why && how.why->code == ec::bad_commit && !how.returns_to.empty())
      steps.push_back("baton rollback --list");
    else if (how.why && how.why->code == ec::bad_commit)
      steps.push_back("baton deploy <a branch, tag or commit that the repository has>");
    else if (*how.status == status::partial_success)
      steps.push_back("mend what is wrong there, then: baton retry " + how.run);
    else if (!how.cancelled && how.exit_code != 3)
      steps.push_back("mend it, then: baton deploy <the mended commit>");
  }
  return steps;
}

} // namespace

std::string summary(const plan& of, const result& how, charset shows) {
  std::string text;
  const auto line = [&](const std::string& one) {
    text += printable(one, line_columns_max, shows) + "\n";
  };
  const bool good = how.status == status::success;
  line(fmt::format(
      "{} {}{} ({}, run {})", shows == charset::ascii ? (good ? "+" : "x") : (good ? "✔" : "✘"),
      headline(how), how.cancelled ? ", cancelled by " + how.cancelled_by : "",
      human_duration(duration{static_cast<std::int64_t>(how.duration_seconds * 1000)}), how.run));
  if (how.why)
    line("  why: " + describe_where(*how.why));
  for (const auto& stage : of.stages)
    for (const auto& name : stage.hosts)
      if (const auto found = how.hosts.find(name); found != how.hosts.end()) {
        line(host_line(name, found->second));
        if (found->second.stacks.size() > 1)
          for (const auto& [stack, own] : found->second.stacks)
            line(host_line("  " + stack, own));
      }
  if (const auto names = untouched(of, how); !names.empty())
    line("  not touched: " + joined(names));
  if (!how.rollback_failed.empty())
    line("  rollback FAILED on: " + joined(how.rollback_failed));
  for (const auto& warning : how.warnings)
    line("  note: " + warning);
  for (const auto& step : next_steps(how))
    line("  next: " + step);
  return text;
}

std::string host_line(const std::string& name, const host_verdict& host) {
  return fmt::format("  {:<16} serves {:<8} {:<14} {}", name, to_string(host.serves),
                     health_of(host), host.commit.substr(0, 12));
}

} // namespace baton
