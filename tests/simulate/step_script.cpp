#include "tests/simulate/step_script.hpp"

#include "rules/plan.hpp"
#include "runtime/fault.hpp"
#include "runtime/release/names.hpp"
#include "runtime/release/stack_of.hpp"
#include "runtime/snapshots/snapshot_jobs.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace baton::simulate {

namespace {

constexpr std::string_view head = "simulated step\n";

bool is_look(step_kind kind) {
  switch (kind) {
  case step_kind::inspect:
  case step_kind::gate:
  case step_kind::guard:
  case step_kind::verify:
  case step_kind::look:
  case step_kind::compare_secrets:
    return true;
  default:
    return false;
  }
}

void line(std::string& to, std::string_view key, std::string_view value) {
  if (value.empty())
    return;
  to += key;
  to += '=';
  to += value;
  to += '\n';
}

std::optional<step_kind> kind_of(std::string_view name) {
  static const auto known = [] {
    std::map<std::string, step_kind, std::less<>> all;
    for (int kind = 0; kind <= static_cast<int>(step_kind::release_lease); ++kind)
      all.emplace(to_string(static_cast<step_kind>(kind)), static_cast<step_kind>(kind));
    return all;
  }();
  const auto found = known.find(name);
  return found == known.end() ? std::nullopt : std::optional{found->second};
}

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void take(step_script& into, std::string_view key, std::string value) {
  static const std::map<std::string_view, std::string step_script::*> texts{
      {"id", &step_script::id},         {"run", &step_script::run},
      {"phase", &step_script::phase},   {"host", &step_script::host},
      {"stack", &step_script::stack},   {"target", &step_script::target},
      {"commit", &step_script::commit}, {"release", &step_script::release},
      {"fate", &step_script::fate},     {"snapshot", &step_script::snapshot}};
  if (const auto text = texts.find(key); text != texts.end())
    into.*text->second = std::move(value);
  else if (key == "kind")
    into.kind = kind_of(value).value_or(step_kind::look);
  else if (key == "of")
    into.of = static_cast<unit_id>(number(value));
  else if (key == "attempt")
    into.attempt = number(value);
  else if (key == "saved")
    into.saved = true;
  else if (key == "rewound")
    into.rewound = true;
  else if (key == "to")
    into.hosts.push_back(std::move(value));
}

} // namespace

expected<job> make_simulated_job(const job_context& context) {
  const auto& plan = context.plan;
  const auto& step = context.step;
  const auto& unit = plan.units.at(step.of);
  const auto commit = release::resolved_commit(context, unit.stack);
  const bool needs_commit = step.kind == step_kind::prepare || step.kind == step_kind::activate;
  if (needs_commit && !release::is_commit(commit))
    return fault(ec::internal, "no commit was resolved for " + unit.stack, unit.host);
  job made;
  made.is_look = is_look(step.kind);
  auto& text = made.script;
  text = head;
  line(text, "id", step_id(plan, step.phase, step.kind, step.of, step.attempt));
  line(text, "run", plan.run);
  line(text, "phase", step.phase);
  line(text, "kind", to_string(step.kind));
  line(text, "of", std::to_string(step.of));
  line(text, "host", unit.host);
  line(text, "stack", unit.stack);
  line(text, "target", step.target);
  line(text, "release", plan.release);
  line(text, "commit", commit);
  line(text, "attempt", std::to_string(step.attempt));
  line(text, "fate", release::earlier_fact(context, step_kind::settle, "fate"));
  if (!release::earlier_fact(context, step_kind::save_secrets, "saved").empty())
    line(text, "saved", "yes");
  if (unit.host != controller_name && release::was_rewound(context))
    line(text, "rewound", "yes");
  if (unit.host != controller_name)
    line(text, "snapshot", snapshot_name(plan, unit.host));
  const auto& secrets = plan.fleet.secrets;
  const bool for_itself = secrets.driver == secrets_driver::builtin || secrets.on == "each_host";
  if (step.kind == step_kind::sync_secrets)
    for (const auto& host : for_itself ? std::vector{unit.host} : plan.hosts)
      line(text, "to", host);
  return made;
}

std::optional<step_script> read_script(std::string_view text) {
  const auto begin = text.rfind(head);
  if (begin == std::string_view::npos)
    return std::nullopt;
  text.remove_prefix(begin + head.size());
  step_script made;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto one = text.substr(0, end);
    if (const auto equals = one.find('='); equals != std::string_view::npos)
      take(made, one.substr(0, equals), std::string{one.substr(equals + 1)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}

} // namespace baton::simulate
