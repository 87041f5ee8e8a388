#include "runtime/release/adopt.hpp"

#include "embedded/scripts.hpp"
#include "runtime/fault.hpp"
#include "runtime/release/release.hpp"
#include "runtime/release/stack_script.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace baton::release {

namespace {

/// The stage of the fleet that puts this stack on this host; null when none does.
const stage* stage_of(const fleet& of, const std::string& host, const std::string& stack) {
  for (const auto& one : of.stages)
    if (std::find(one.hosts.begin(), one.hosts.end(), host) != one.hosts.end()
        && find_stack(one, stack))
      return &one;
  return nullptr;
}

/// What the stages put on this host, each once.
std::vector<std::string> stacks_on(const fleet& of, const std::string& host) {
  std::vector<std::string> names;
  for (const auto& one : of.stages)
    if (std::find(one.hosts.begin(), one.hosts.end(), host) != one.hosts.end())
      for (const auto& stack : one.stacks)
        if (std::find(names.begin(), names.end(), stack.name) == names.end())
          names.push_back(stack.name);
  return names;
}

/// As much of a plan as the scripts ask for.
plan plan_for(const fleet& of, const stage& where, const std::string& host,
              const std::string& stack) {
  plan made;
  made.fleet = of;
  made.run = made.release = "adopt";
  made.stages = {where};
  made.hosts = {host};
  made.units = {{host, ""}, {host, stack}};
  return made;
}

event::step_started step_on(const std::string& host) {
  return {"adopt", step_kind::baseline, 1, host, 1, std::chrono::minutes{1}};
}

} // namespace

expected<job> adopt_job(const fleet& of, const std::string& host, const std::string& named,
                        const std::string& project) {
  const auto stacks = stacks_on(of, host);
  if (stacks.empty())
    return fault(ec::usage, "no stage puts a stack on " + host, host);
  if (named.empty() && stacks.size() > 1)
    return fault(ec::usage,
                 host + " has several stacks: name one with --stack ("
                     + fmt::format("{}", fmt::join(stacks, ", ")) + ")",
                 host);
  const auto& stack = named.empty() ? stacks.front() : named;
  const auto* where = stage_of(of, host, stack);
  if (!where)
    return fault(ec::usage, "no stage puts the stack " + stack + " on " + host, host);
  const auto plan = plan_for(of, *where, host, stack);
  const auto step = step_on(host);
  const run_facts none;
  const job_context context{plan, step, none};
  const auto found = find_stack_of(context);
  if (!found)
    return tl::unexpected<error>{found.error()};
  job made;
  made.script = stack_script(context, *found)
                    .set("B_ADOPT", project)
                    .part(embedded::adopt_sh)
                    .part(embedded::baseline_sh)
                    .text();
  return made;
}

step_outcome adopt_outcome(const std::string& host, const job_end& end) {
  const plan none;
  const auto step = step_on(host);
  const run_facts nothing;
  return release::read_outcome({none, step, nothing}, end);
}

} // namespace baton::release
