#include "cli/report/failures.hpp"

#include "rules/status.hpp"

#include <algorithm>

namespace baton {

namespace {

/// Whom it is about: the host that the words name, else where the step belongs.
std::string host_of_fault(const plan& of, const told_fault& fault) {
  if (!fault.why.target.empty())
    return fault.why.target;
  const auto& own = of.units[fault.of].host;
  return own.empty() ? fault.target : own;
}

/// A look that found a stage ill which had gone well in its own phase.
std::string stage_found_ill(const plan& of, const told_fault& fault) {
  const auto* in = phase_named(of, fault.phase);
  if (!in || !fault.stage)
    return {};
  return in->kind == phase_kind::guard || in->kind == phase_kind::verification
             ? of.stages[*fault.stage].name
             : std::string{};
}

reported_failure as_failure(const plan& of, const told_fault& fault) {
  reported_failure made;
  made.hosts = {host_of_fault(of, fault)};
  made.phase = fault.phase;
  made.stage = stage_found_ill(of, fault);
  made.step = to_string(fault.step);
  made.attempt = fault.attempt;
  if (const auto* in = phase_named(of, fault.phase))
    made.attempts_max = std::max(fault.attempt, in->retry.attempts_max);
  made.code = to_string(fault.why.code);
  made.why = describe(fault.why);
  made.at = fault.at;
  return made;
}

reported_failure as_failure(const told_cancel& cancel) {
  reported_failure made;
  made.phase = cancel.phase;
  made.code = to_string(ec::cancelled);
  made.why = "cancelled by " + cancel.by;
  made.cancelled_by = cancel.by;
  made.at = cancel.at;
  return made;
}

bool is_of_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
         || c == '_' || c == '.';
}

/// The words without the host that they speak of: the same for all that fail alike.
std::string without_host(const reported_failure& one) {
  const auto& host = one.hosts.front();
  std::string made;
  for (std::size_t at = 0; at < one.why.size();) {
    const auto end = at + host.size();
    const bool is_it = !host.empty() && one.why.compare(at, host.size(), host) == 0
                       && (at == 0 || !is_of_a_name(one.why[at - 1]))
                       && (end >= one.why.size() || !is_of_a_name(one.why[end]));
    if (is_it)
      at = end;
    else
      made += one.why[at++];
  }
  return made;
}

bool are_alike(const reported_failure& a, const reported_failure& b) {
  return !a.hosts.empty() && !b.hosts.empty() && a.phase == b.phase && a.stage == b.stage
         && a.step == b.step && a.attempt == b.attempt && a.code == b.code
         && without_host(a) == without_host(b);
}

/// The attempts before this one that failed at the same host by something else, each once: what
/// failed first may have made the later ones fail.
std::vector<told_fault> tries_before(const plan& of, const run_story& story,
                                     const told_fault& last) {
  std::vector<told_fault> made;
  const auto is_new = [](const told_fault& one, const told_fault& known) {
    return one.step != known.step || one.why.what != known.why.what;
  };
  for (const auto& one : story.tries)
    if (one.phase == last.phase && of.units[one.of].host == of.units[last.of].host
        && one.attempt < last.attempt && is_new(one, last)
        && (made.empty() || is_new(one, made.back())))
      made.push_back(one);
  return made;
}

/// Whether the verdict is by this one.
bool decides(const run& now, const reported_failure& one) {
  if (const auto* by = deciding(now))
    return one.why == describe(by->why);
  return now.worsened_by && one.why == describe(*now.worsened_by);
}

} // namespace

std::vector<reported_failure> failures_of(const plan& of, const run_story& story) {
  std::vector<reported_failure> all;
  const auto add = [&](reported_failure one) {
    one.decided =
        decides(story.now, one)
        && std::none_of(all.begin(), all.end(), [](const auto& it) { return it.decided; });
    // Only among its neighbours: what came between two of a kind is told between them.
    if (!all.empty() && are_alike(all.back(), one)) {
      auto& hosts = all.back().hosts;
      if (std::find(hosts.begin(), hosts.end(), one.hosts.front()) == hosts.end())
        hosts.push_back(one.hosts.front());
      all.back().decided = all.back().decided || one.decided;
    } else {
      all.push_back(std::move(one));
    }
  };
  for (std::size_t nth = 0; nth <= story.faults.size(); ++nth) {
    if (story.cancel && story.cancel->behind == nth)
      add(as_failure(*story.cancel));
    if (nth == story.faults.size())
      break;
    for (const auto& one : tries_before(of, story, story.faults[nth]))
      add(as_failure(of, one));
    add(as_failure(of, story.faults[nth]));
  }
  return all;
}

} // namespace baton
