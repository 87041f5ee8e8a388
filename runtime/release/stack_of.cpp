#include "runtime/release/stack_of.hpp"

#include "rules/plan.hpp"
#include "runtime/fault.hpp"

#include <algorithm>

namespace baton::release {

namespace {

bool holds(const stage& one, const unit& of) {
  return std::find(one.hosts.begin(), one.hosts.end(), of.host) != one.hosts.end()
         && (of.stack.empty() || find_stack(one, of.stack) != nullptr);
}

const phase* find_phase(const plan& of, const std::string& id) {
  for (const auto* track : {&of.phases, &of.rollback})
    for (const auto& one : *track)
      if (one.id == id)
        return &one;
  return nullptr;
}

} // namespace

expected<stack_of> find_stack_of(const job_context& context) {
  const auto& plan = context.plan;
  const auto& step = context.step;
  if (step.of >= plan.units.size())
    return fault(ec::internal, "the plan has no unit " + std::to_string(step.of));
  stack_of found;
  found.of = &plan.units[step.of];
  found.host = find_host(plan.fleet, found.of->host);
  // A host may be in several stages: the phase's own first.
  const auto* phase = find_phase(plan, step.phase);
  if (phase && phase->stage && *phase->stage < plan.stages.size()
      && holds(plan.stages[*phase->stage], *found.of))
    found.stage = &plan.stages[*phase->stage];
  for (const auto& one : plan.stages)
    if (!found.stage && holds(one, *found.of))
      found.stage = &one;
  if (found.stage && !found.of->stack.empty())
    found.stack = find_stack(*found.stage, found.of->stack);
  if (!found.of->stack.empty() && !found.stack)
    return fault(ec::internal, "the plan has no stack " + found.of->stack, found.of->host);
  return found;
}

std::string resolved_commit(const job_context& context, const std::string& stack) {
  if (const auto known = context.plan.commits.find(stack); known != context.plan.commits.end())
    return known->second;
  std::string first;
  for (const auto& [key, known] : context.facts) {
    if (key.first != step_kind::resolve)
      continue;
    if (const auto own = known.find("commit:" + stack); own != known.end())
      return own->second;
    if (const auto any = known.find("commit"); any != known.end())
      first = any->second;
  }
  return first;
}

std::string earlier_fact(const job_context& context, step_kind kind, const std::string& key) {
  const auto known = context.facts.find({kind, context.step.of});
  if (known == context.facts.end())
    return {};
  const auto found = known->second.find(key);
  return found == known->second.end() ? std::string{} : found->second;
}

std::string recalled_release(const job_context& context) {
  const auto found = context.plan.recalls.find(unit_name(context.plan, context.step.of));
  return found == context.plan.recalls.end() ? std::string{} : found->second;
}

bool was_rewound(const job_context& context) {
  return context.facts.contains(
      {step_kind::restore_snapshot, host_unit(context.plan, context.step.of)});
}

} // namespace baton::release
