#include "actors/host/watcher.hpp"

#include "messages/plan.hpp"
#include "runtime/fault.hpp"
#include "runtime/log/redact_record.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

/// One look may take so long at most; the window's own deadline is the phase's.
constexpr duration look_deadline{60'000};

health_look look_of(const unit_view& view, const std::string& wanted, time_point at) {
  health_look look;
  look.at = at;
  look.seen = view.seen;
  look.healthy = view.healthy.value_or(true);
  look.serves_wanted = wanted.empty() ? view.releases.empty() || view.releases.size() == 1
                                      : view.releases == std::vector{wanted};
  look.hopeless = view.hopeless;
  look.start_left = view.start_left;
  look.restarts = view.restarts;
  look.ill = view.ill;
  return look;
}

/// The release a unit should serve at the end of this step. After a rollback: the last good one,
/// else the baseline, else nothing; which of them the look knows best.
std::string wanted_release(const work_order& order, const unit_view& view) {
  if (order.step.phase.rfind("rollback:", 0) != 0)
    return order.plan->release;
  return !view.last_good.empty() ? view.last_good : view.baseline;
}

} // namespace

watcher::watcher(link& to, timers clock, const host_house& house,
                 std::function<void(std::function<void()>)> post, work_order order,
                 outcome_callback done)
    : link_{to},
      clock_{std::move(clock)},
      house_{house},
      post_{std::move(post)},
      order_{std::move(order)},
      done_{std::move(done)} {
  const auto* stack = stack_of();
  auto terms = order_.step.kind == step_kind::guard || !stack ? guard_terms(order_.plan->fleet)
                                                              : gate_terms(stack->health);
  if (order_.step.kind == step_kind::guard)
    terms.unreachable = order_.plan->fleet.guard_unreachable_after;
  window_ = begin_window(terms, time_point{clock_.now()});
}

const stack* watcher::stack_of() const {
  const auto& unit = order_.plan->units[order_.step.of];
  for (const auto& stage : order_.plan->stages)
    if (std::find(stage.hosts.begin(), stage.hosts.end(), unit.host) != stage.hosts.end())
      return find_stack(stage, unit.stack);
  return nullptr;
}

void watcher::run() {
  house_.build(order_, [self = shared_from_this()](expected<job> made) {
    self->post_([self, made = std::move(made)] {
      if (self->over_)
        return;
      if (!made) {
        self->finish(failed_outcome(made.error()));
        return;
      }
      self->work_ = *made;
      self->look();
    });
  });
}

void watcher::look() {
  job_runner::task what;
  what.id = step_id(*order_.plan, order_.step.phase, order_.step.kind, order_.step.of,
                    order_.step.attempt)
            + "/" + std::to_string(++looks_);
  what.work = *work_;
  what.work.is_look = true;
  what.deadline = std::min(look_deadline, order_.step.deadline);
  what.label.target = target();
  what.label.step_id = what.id;
  looking_ = std::make_shared<job_runner>(
      link_, clock_, house_, std::move(what),
      [self = shared_from_this()](const expected<job_end>& end) { self->on_look(end); });
  looking_->run();
}

void watcher::on_look(const expected<job_end>& end) {
  looking_.reset();
  if (over_)
    return;
  step_outcome seen;
  // Before it becomes a part of a longer text.
  if (end)
    seen = redact(*house_.secrets, house_.read({*order_.plan, order_.step, *order_.facts}, *end));
  else
    seen = failed_outcome(end.error());
  if (seen.why && !seen.why->retryable) {
    finish(std::move(seen));
    return;
  }
  if (!seen.view)
    seen.view.emplace(); // could not be asked
  if (seen.view->seen)
    ask_checks(std::move(seen));
  else
    judge(std::move(seen));
}

/// The stack's checks that are asked from the controller.
void watcher::ask_checks(step_outcome seen) {
  std::vector<health_check> checks;
  if (const auto* stack = stack_of())
    for (const auto& check : stack->health.checks)
      if (check.on == controller_name)
        checks.push_back(check);
  // After a rollback nobody asks for more than was healthy before: the look knows.
  const bool is_rollback = order_.step.phase.rfind("rollback:", 0) == 0;
  if (checks.empty() || (is_rollback && seen.view->last_good.empty())) {
    judge(std::move(seen));
    return;
  }
  const auto* host = find_host(order_.plan->fleet, order_.plan->units[order_.step.of].host);
  house_.ask_checks(std::move(checks), host ? address_of(*host) : std::string{},
                    [self = shared_from_this(), seen](std::vector<check_answer> answers) mutable {
                      self->post_([self, seen, answers]() mutable {
                        if (self->over_)
                          return;
                        bool all = true;
                        for (const auto& answer : answers) {
                          all = all && answer.ok;
                          if (!answer.ok)
                            seen.view->ill.push_back(answer.check + ": " + answer.why);
                        }
                        seen.view->healthy = seen.view->healthy.value_or(true) && all;
                        self->judge(std::move(seen));
                      });
                    });
}

void watcher::judge(step_outcome seen) {
  const auto& view = *seen.view;
  window_ = fold(std::move(window_),
                 look_of(view, wanted_release(order_, view), time_point{clock_.now()}));
  const auto word = baton::judge(window_);
  switch (word.word) {
  case health_word::steady:
    seen.why.reset();
    finish(std::move(seen));
    return;
  case health_word::ill: {
    auto cause = std::move(seen.why);
    seen.why = word.why;
    if (seen.why && cause)
      seen.why->cause = std::make_shared<const error>(std::move(*cause));
    finish(std::move(seen));
    return;
  }
  case health_word::keep_looking:
    break;
  }
  clock_.later(std::max(word.look_at.time_since_epoch() - clock_.now(), duration::zero()),
               [self = shared_from_this()] {
                 if (!self->over_)
                   self->look();
               });
}

void watcher::stop() {
  if (over_)
    return;
  auto looking = looking_;
  finish(failed_outcome(make_error(ec::cancelled, "stopped", target())));
  if (looking)
    looking->stop();
}

void watcher::hint() {
  if (looking_)
    looking_->hint();
}

void watcher::finish(step_outcome how) {
  if (over_)
    return;
  over_ = true;
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(how));
}

} // namespace baton
