#include "rules/serves.hpp"

#include "rules/plan.hpp"

#include <algorithm>

namespace baton {

namespace {

/// What was there before this run touched anything: a look afterwards may already know the new
/// release as the last good one.
const unit_view& records_of(const unit_truth& of) {
  return of.before ? *of.before : *of.view;
}

bool is_old(const unit_truth& of, const std::string& release) {
  const auto& known = records_of(of);
  if (!known.last_good.empty())
    return release == known.last_good;
  // Without a record, what ran when the run began is the baseline, also when it is not yet
  // written down.
  return !of.touched || release == of.view->baseline;
}

std::optional<bool> worse(std::optional<bool> a, std::optional<bool> b) {
  if (a == false || b == false)
    return false;
  return a ? a : b;
}

host_verdict stack_line(const plan& of, const run& now, unit_id stack, bool is_over) {
  host_verdict line;
  // Of a run that has not ended: nobody has looked since something was changed there.
  line.serves = !is_over && now.units[stack].stale ? serves::unknown : stack_serves(of, now, stack);
  if (line.serves == serves::unknown)
    return line;
  const auto& view = *now.units[stack].view;
  line.healthy = view.healthy;
  line.commit = view.commit;
  if (!view.releases.empty())
    line.release = view.releases.front();
  return line;
}

} // namespace

serves stack_serves(const plan& of, const run& now, unit_id stack) {
  const auto& truth = now.units[stack];
  if (now.units[host_unit(of, stack)].lost || !truth.view || !truth.view->seen)
    return serves::unknown;
  const auto& releases = truth.view->releases;
  if (releases.empty())
    return serves::none;
  if (releases.size() > 1)
    return serves::mixed;
  if (releases.front() == of.release)
    return serves::new_release;
  return is_old(truth, releases.front()) ? serves::old_release : serves::mixed;
}

serves host_serves(const plan& of, const run& now, unit_id host) {
  const auto [first, last] = stacks_of(of, host);
  auto worst = serves::new_release;
  for (auto stack = first; stack < last; ++stack)
    worst = std::max(worst, stack_serves(of, now, stack));
  return worst;
}

bool is_changed(const plan& of, const run& now, unit_id host) {
  const auto& truth = now.units[host];
  const auto [first, last] = stacks_of(of, host);
  return truth.secrets_saved || truth.snapshot_made
         || std::any_of(now.units.begin() + static_cast<std::ptrdiff_t>(first),
                        now.units.begin() + static_cast<std::ptrdiff_t>(last),
                        [](const unit_truth& one) { return one.touched; });
}

host_verdict host_line(const plan& of, const run& now, unit_id host, bool is_over) {
  const auto [first, last] = stacks_of(of, host);
  auto line = stack_line(of, now, first, is_over);
  if (last - first == 1)
    return line;
  for (auto stack = first; stack < last; ++stack) {
    auto one = stack_line(of, now, stack, is_over);
    if (one.serves > line.serves) {
      line.serves = one.serves;
      line.commit = one.commit;
      line.release = one.release;
    }
    line.healthy = worse(line.healthy, one.healthy);
    line.stacks.emplace(of.units[stack].stack, std::move(one));
  }
  // Of a host that cannot be asked in part, health would be a guess.
  if (line.serves == serves::unknown && line.healthy == true)
    line.healthy.reset();
  return line;
}

} // namespace baton
