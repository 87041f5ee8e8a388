#include "tests/rules/host_model.hpp"

#include <algorithm>

namespace baton::test {

namespace {

/// What a rollback brings back: what ran, or the last good release where nothing did.
std::set<std::string> way_back(const model_stack& was) {
  return was.serving.empty() && !was.last_good.empty() ? std::set{was.last_good} : was.serving;
}

error fault(ec code, std::string what, bool retryable) {
  error why;
  why.code = code;
  why.what = std::move(what);
  why.retryable = retryable;
  return why;
}

} // namespace

host_model::host_model(const plan& of) : release_(of.release), units_(of.units) {
  for (const auto& unit : of.units) {
    if (unit.host == "controller")
      continue;
    auto& host = hosts_[unit.host];
    if (unit.stack.empty())
      continue;
    auto& stack = host.stacks[unit.stack];
    stack.serving = {"old"};
    stack.last_good = "old";
  }
  for (const auto& stage : of.stages)
    last_stage_ = stage.name;
  checks_ = of.fleet.verification.checks;
}

bool host_model::needs_lease(step_kind kind) const {
  switch (kind) {
  case step_kind::save_secrets:
  case step_kind::create_snapshot:
  case step_kind::prepare:
  case step_kind::activate:
  case step_kind::restore:
  case step_kind::restore_snapshot:
  case step_kind::put_back_secrets:
  case step_kind::delete_snapshot:
  case step_kind::settle:
  case step_kind::baseline:
    return true;
  default:
    return false;
  }
}

unit_view host_model::look(const unit& at) const {
  unit_view view;
  const auto& host = hosts_.at(at.host);
  view.seen = host.reachable;
  if (!view.seen)
    return view;
  const auto& stack = host.stacks.at(at.stack);
  view.releases.assign(stack.serving.begin(), stack.serving.end());
  view.last_good = stack.last_good;
  view.baseline = stack.baseline;
  view.commit = "c-" + (view.releases.empty() ? "" : view.releases.front());
  if (!stack.serving.empty())
    view.healthy = !stack.ill && !(stack.new_is_bad && stack.serving.contains(release_));
  return view;
}

step_outcome host_model::look_outcome(const event::step_started& step, const unit& at) const {
  step_outcome out;
  if (at.stack.empty())
    return out;
  out.view = look(at);
  if (!out.view->seen) {
    out.why = fault(ec::unreachable, at.host + " does not answer", true);
    return out;
  }
  if (step.kind == step_kind::inspect || step.kind == step_kind::look)
    return out;
  const bool back = step.phase.rfind("rollback:", 0) == 0;
  const auto& was = before_.contains(at.host) ? before_.at(at.host) : hosts_.at(at.host);
  const auto wanted = back ? way_back(was.stacks.at(at.stack)) : std::set<std::string>{release_};
  if (hosts_.at(at.host).stacks.at(at.stack).serving != wanted)
    out.why = fault(ec::wrong_release, at.host + " serves something else", false);
  else if (out.view->healthy == false)
    out.why = fault(ec::unhealthy, at.host + " is not healthy", true);
  return out;
}

void host_model::apply(const event::step_started& step, const unit& at, bool half) {
  auto& host = hosts_[at.host];
  switch (step.kind) {
  case step_kind::lease:
    host.leased = true;
    break;
  case step_kind::baseline:
    for (auto& [name, stack] : host.stacks)
      if (stack.last_good.empty() && !stack.serving.empty())
        stack.baseline = *stack.serving.begin();
    break;
  case step_kind::save_secrets:
    if (!host.saved_secrets)
      host.saved_secrets = host.secrets;
    break;
  case step_kind::sync_secrets:
    if (step.target != "controller" && at.host != "controller") {
      host.secrets = "new";
      break;
    }
    for (auto& [name, other] : hosts_) {
      // A script that fails has written to some of them.
      if (name != "controller" && !(half && &other == &hosts_.rbegin()->second))
        other.secrets = "new";
    }
    break;
  case step_kind::create_snapshot:
    host.snapshot = model_host::image{host.stacks, host.secrets, host.saved_secrets};
    break;
  case step_kind::activate: {
    auto& stack = host.stacks.at(at.stack);
    if (half)
      stack.serving.insert(release_);
    else
      stack.serving = {release_};
    break;
  }
  case step_kind::restore:
    if (half) {
      host.stacks.at(at.stack).serving.clear();
      break;
    }
    host.stacks.at(at.stack).serving = way_back(before_.at(at.host).stacks.at(at.stack));
    if (host.saved_secrets)
      host.secrets = *host.saved_secrets;
    break;
  case step_kind::restore_snapshot:
    if (host.snapshot && !half) {
      for (auto& [name, stack] : host.stacks)
        stack.serving = host.snapshot->stacks.at(name).serving;
      host.secrets = host.snapshot->secrets;
      host.saved_secrets = host.snapshot->saved_secrets;
    }
    break;
  case step_kind::put_back_secrets:
    if (host.saved_secrets)
      host.secrets = *host.saved_secrets;
    break;
  case step_kind::delete_snapshot:
    host.snapshot.reset();
    break;
  case step_kind::release_lease:
    host.leased = false;
    break;
  default:
    break;
  }
}

step_outcome host_model::carry_out(const event::step_started& step,
                                   const std::optional<mishap>& bad) {
  const auto at = units_[step.of];
  auto& host = hosts_[at.host];
  before_.try_emplace(at.host, host);
  if (needs_lease(step.kind)) {
    order.push_back(std::string{to_string(step.kind)} + " " + at.host);
    if (!host.leased && host.reachable)
      violations.insert(order.back() + " without a lease");
  }
  if (step.kind == step_kind::activate)
    activated.insert(at.host);
  if (step.kind == step_kind::restore || step.kind == step_kind::restore_snapshot)
    restored.insert(at.host);
  step_outcome out;
  const bool on_host = at.host != "controller";
  const bool only_looks = step.kind == step_kind::inspect || step.kind == step_kind::gate
                          || step.kind == step_kind::guard || step.kind == step_kind::verify
                          || step.kind == step_kind::look;
  if (on_host && !host.reachable) {
    if (only_looks)
      return look_outcome(step, at);
    out.why = fault(ec::unreachable, at.host + " does not answer", true);
    out.changed_nothing = true;
    return out;
  }
  if (on_host && host.lease_stolen
      && (needs_lease(step.kind) || step.kind == step_kind::release_lease)) {
    out.why = fault(ec::lease_lost, at.host + " belongs to another run", false);
    out.changed_nothing = true;
    return out;
  }
  if (bad) {
    out.why = bad->why;
    out.changed_nothing = !bad->effect;
    if (bad->effect)
      apply(step, at, true);
    if (only_looks && !at.stack.empty())
      out.view = look(at);
    if (bad->why.code == ec::unreachable && out.view)
      out.view = unit_view{};
    return out;
  }
  if (only_looks)
    return look_outcome(step, at);
  apply(step, at, false);
  if (step.kind == step_kind::create_snapshot)
    out.facts["name"] = "baton-" + at.host;
  if (step.kind == step_kind::resolve)
    out.facts["commit"] = "0123456789abcdef";
  if (step.kind == step_kind::prepare && !prepare_note.empty())
    out.notes.push_back(prepare_note);
  if (step.kind == step_kind::verify_checks)
    for (const auto& check : checks_) {
      const auto of = check.of.empty() ? last_stage_ : check.of;
      const bool asked = !unasked_checks.contains(of);
      const bool ok = asked && !ill_checks.contains(of);
      out.checks.push_back(
          {check.of, "http " + check.url, ok, ok ? "" : (asked ? "503" : "no route"), asked});
    }
  return out;
}

step_outcome host_model::kill(const event::step_started& step) {
  mishap stopped;
  stopped.why = fault(ec::cancelled, "stopped", false);
  stopped.effect = true;
  return carry_out(step, stopped);
}

bool host_model::serves_new(const std::string& host) const {
  return serves(host) == 'n';
}

bool host_model::serves_what_it_did(const std::string& host) const {
  const auto& now = hosts_.at(host);
  const auto& was = before_.contains(host) ? before_.at(host) : now;
  return std::all_of(now.stacks.begin(), now.stacks.end(), [&](const auto& one) {
    return one.second.serving == was.stacks.at(one.first).serving;
  });
}

char host_model::serves(const std::string& host) const {
  const auto& one = hosts_.at(host);
  if (!one.reachable || one.lease_stolen)
    return '?';
  static const std::string by_gravity = "no-m?";
  char worst = 'n';
  for (const auto& [name, stack] : one.stacks) {
    char it = 'm';
    if (stack.serving.empty())
      it = '-';
    else if (stack.serving == std::set<std::string>{release_})
      it = 'n';
    else if (stack.serving.size() == 1)
      it = 'o';
    worst =
        std::max(worst, it, [](char a, char b) { return by_gravity.find(a) < by_gravity.find(b); });
  }
  return worst;
}

} // namespace baton::test
