#include "cli/run_mirror.hpp"

#include <set>
#include <utility>

namespace baton {

namespace {

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Plays a cancel on a copy of the run: the hosts that its rules take back.
std::set<std::string> taken_back(const plan& of, run now) {
  record next;
  next.run = of.run;
  next.what = event::cancel_requested{"cancel"};
  auto played = react(of, now, next);
  for (const auto& step : steps_running(of, now)) {
    event::step_ended ended{step.phase, step.kind, step.of, step.attempt, {}};
    ended.outcome.why = unexpected(ec::cancelled, "stopped").value();
    next.what = std::move(ended);
    for (auto& one : react(of, now, next))
      played.push_back(std::move(one));
  }
  std::set<std::string> hosts;
  for (const auto& one : played)
    if (const auto* back = std::get_if<event::rollback_started>(&one.what))
      for (const auto unit : back->units)
        hosts.insert(of.units[unit].host);
  return hosts;
}

} // namespace

run_mirror::run_mirror(std::shared_ptr<const plan> of)
    : of_{std::move(of)}, story_{begin_story(*of_)} {}

void run_mirror::on_record(const record& what) {
  std::lock_guard lock{mutex_};
  fold_story(*of_, story_, what);
}

std::string run_mirror::cancel_words() const {
  std::lock_guard lock{mutex_};
  const auto back = taken_back(*of_, story_.now);
  std::set<std::string> kept;
  for (std::size_t i = 0; i < story_.now.units.size(); ++i)
    if (story_.now.units[i].touched && !back.count(of_->units[i].host))
      kept.insert(of_->units[i].host);
  return "rolled back: " + (back.empty() ? "nothing" : joined(back))
         + "; kept on the new release: " + (kept.empty() ? "nothing" : joined(kept));
}

result run_mirror::unfinished(time_point now) const {
  std::lock_guard lock{mutex_};
  return verdict(*of_, story_.now, now);
}

run_report run_mirror::report(const result& how, const output_end& output) const {
  std::lock_guard lock{mutex_};
  return make_report(*of_, story_, how, output);
}

} // namespace baton
