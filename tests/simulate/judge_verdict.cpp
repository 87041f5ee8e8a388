#include "tests/simulate/evidence.hpp"

#include <algorithm>

/// The verdict tells what is, and the exit code what that means.

namespace baton::simulate {

namespace {

std::string text_of(const std::set<std::string>& all) {
  std::string text;
  for (const auto& one : all)
    text += (text.empty() ? "" : " or ") + one;
  return text;
}

/// Whether a stack that serves this may be told so.
bool fits(const evidence& by, serves said, const std::string& is, const std::string& host,
          const std::string& stack) {
  if (is == "-")
    return said == serves::none;
  if (is.find('+') != std::string::npos)
    return said == serves::mixed;
  if (is == by.of().release)
    return said == serves::new_release;
  if (by.has_touched(host, stack) && is == by.before(host, stack))
    return said == serves::old_release;
  // Another one: what it was before nobody touched it, or a third.
  return said == serves::old_release || said == serves::mixed;
}

void judge_line(evidence& by, const std::string& host, const std::string& stack) {
  const auto said = by.line(host, stack).serves;
  const auto since = by.known_since(host, stack);
  const auto name = host + ":" + stack;
  if (by.has_lost(host)) {
    if (said != serves::unknown)
      by.broken("a lost host is unknown: " + name + " is said to serve "
                + std::string{to_string(said)});
    return;
  }
  if (said == serves::unknown) {
    // Before anything is touched a run that ends does not look a second time.
    const auto& first = by.told().details.front().second;
    const bool was_cut_short = first.outcome != phase_outcome::ok && !by.has_touched(host, stack);
    if (!was_cut_short && !by.is_troubled(host, since))
      by.broken("unknown only where nobody could see: " + name + " could be asked all the time");
    return;
  }
  const auto really = by.served(host, stack);
  const bool fitting = std::any_of(really.begin(), really.end(), [&](const std::string& is) {
    return fits(by, said, is, host, stack);
  });
  if (!fitting)
    by.broken("the verdict tells what is: " + name + " is said to serve "
              + std::string{to_string(said)} + ", and serves " + text_of(really));
}

void judge_deployed(evidence& by) {
  std::vector<std::string> fresh;
  for (const auto& host : by.told().host_order)
    if (by.told().hosts.at(host).serves == serves::new_release)
      fresh.push_back(host);
  if (fresh != by.told().systems_deployed)
    by.broken("systems_deployed are the hosts that serve the new release");
}

bool is_well(const evidence& by, const std::string& host, const std::string& stack) {
  const auto& line = by.line(host, stack);
  return line.serves != serves::unknown && line.healthy != false;
}

/// Changed hosts of which somebody must hear: what a run that needs nobody must not have.
std::set<std::string> unwell(const evidence& by) {
  std::set<std::string> found;
  for (const auto& stage : by.of().stages)
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks)
        if (by.has_touched(host, stack.name) && !is_well(by, host, stack.name))
          found.insert(host);
  return found;
}

bool is_refused_by_lease(const evidence& by) {
  return std::any_of(by.journal().begin(), by.journal().end(), [](const record& one) {
    const auto* end = std::get_if<event::step_ended>(&one.what);
    return end && end->outcome.why && end->outcome.why->code == ec::lease_held;
  });
}

int exit_by_signal(const result& told) {
  if (told.cancelled_by == "SIGINT")
    return 130;
  if (told.cancelled_by == "SIGTERM")
    return 143;
  return told.cancelled_by == "SIGHUP" ? 129 : 1;
}

void judge_exit_code(world& in, evidence& by) {
  const auto& told = by.told();
  const auto code = told.exit_code;
  const auto says = [&](const std::string& why) {
    by.broken("the exit code fits: " + std::to_string(code) + " with "
              + std::string{to_string(*told.status)} + ", " + why);
  };
  if (*told.status == status::aborted && is_refused_by_lease(by)) {
    if (code != 3)
      says("though a lease has refused it");
    return;
  }
  if (!told.rollback_failed.empty() && code != 2)
    says("though a host could not be brought back");
  if (code != 2) {
    const int fitting = *told.status == status::success           ? 0
                        : *told.status == status::partial_success ? 4
                                                                  : exit_by_signal(told);
    if (code != fitting)
      says("where " + std::to_string(fitting) + " is meant");
    for (const auto& host : unwell(by))
      if (!by.is_report_only(host))
        says(host + " needs a person");
    return;
  }
  if (!told.rollback_failed.empty() || !unwell(by).empty())
    return;
  // A person is needed also where a changed host serves what it should not, or cannot be asked.
  for (const auto& stage : by.of().stages)
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks) {
        const auto said = by.line(host, stack.name).serves;
        const bool changed = by.has_meant_to_touch(host)
                             || in.has_begun(by.of().run, host, "save_secrets")
                             || stage.snapshot.has_value();
        const bool odd = said == serves::mixed || said == serves::none || said == serves::unknown
                         || by.line(host, stack.name).healthy == false
                         || (said == serves::new_release) != (*told.status == status::success);
        if (changed && odd)
          return;
      }
  says("and nothing needs a person");
}

void judge_status(evidence& by) {
  const auto& told = by.told();
  const auto how = *told.status;
  if ((how == status::success) == told.why.has_value())
    by.broken("an error is told for every status but success");
  for (const auto& stage : by.of().stages)
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks) {
        if (how == status::success && stage.verify == verify_mode::gate
            && by.line(host, stack.name).serves != serves::new_release)
          by.broken("success means that all serve the new release: " + host + " does not");
        if (how == status::aborted && by.has_touched(host, stack.name))
          by.broken("aborted means that nothing was touched: " + host + " was");
      }
  for (const auto& [id, details] : told.details) {
    const auto* phase = by.find_phase(id);
    if (!phase)
      by.broken("details of a phase that is not in the plan: " + id);
    else if (how == status::success && details.outcome != phase_outcome::ok
             && details.outcome != phase_outcome::skipped)
      by.broken("success, and " + id + " is " + std::string{to_string(details.outcome)});
  }
  if (how != status::failed && how != status::aborted && !by.journal().empty())
    for (const auto& one : by.journal()) {
      const auto* end = std::get_if<event::step_ended>(&one.what);
      if (end && end->outcome.why && end->outcome.why->code == ec::lease_lost
          && by.find_phase(end->phase) != nullptr && how == status::success)
        by.broken("a run that has lost a lease is no success");
    }
}

void judge_losses(world& in, evidence& by) {
  if (in.plot.deployments.size() > 1)
    return;
  for (const auto& host : by.of().hosts)
    if (by.has_lost(host))
      by.broken("a lease is lost to another only: there is nobody but this run, and " + host
                + " is lost");
}

} // namespace

void judge_verdict(world& in, evidence& by) {
  for (const auto& stage : by.of().stages)
    for (const auto& host : stage.hosts)
      for (const auto& stack : stage.stacks)
        judge_line(by, host, stack.name);
  judge_losses(in, by);
  judge_deployed(by);
  judge_status(by);
  judge_exit_code(in, by);
}

} // namespace baton::simulate
