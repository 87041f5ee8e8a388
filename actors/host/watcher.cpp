#include "actors/host/watcher.hpp"

#include "actors/order_id.hpp"
#include "messages/plan.hpp"
#include "rules/questions.hpp"
#include "runtime/fault.hpp"
#include "runtime/log/redact_record.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

/// One look may take so long at most, beside its checks.
constexpr duration look_deadline{60'000};

/// Whether a unit runs what it should at the end of this step. After a rollback: the last good
/// release, else the baseline, else nothing; which of them the look knows best. Where no release is
/// meant (`baton health`): any one, if there is one on record.
bool serves_wanted(const work_order& order, const unit_view& view) {
  const bool back = order.step.phase.rfind("rollback:", 0) == 0;
  const auto& on_record = view.last_good.empty() ? view.baseline : view.last_good;
  const auto& wanted = back ? on_record : order.plan->release;
  if (!wanted.empty())
    return view.releases == std::vector{wanted};
  return view.releases.empty() ? on_record.empty() : !back && view.releases.size() == 1;
}

/// `open`: seen, but who should ask about it could not be asked, and that alone decides.
health_look look_of(const work_order& order, const unit_view& view, bool open) {
  health_look look;
  look.healthy = view.healthy.value_or(true);
  look.runs = !view.releases.empty();
  look.serves_wanted = serves_wanted(order, view);
  look.seen = view.seen && !(open && look.serves_wanted);
  look.hopeless = view.hopeless;
  look.start_left = view.start_left;
  look.restarts = view.restarts;
  look.ill = view.ill;
  return look;
}

duration longest_check(const stack* of) {
  duration longest{0};
  if (of)
    for (const auto& one : of->health.checks)
      longest = std::max(longest, one.timeout);
  return longest;
}

} // namespace

watcher::watcher(link& to, asking::place where, work_order order, outcome_callback done)
    : link_{to}, where_{std::move(where)}, order_{std::move(order)}, done_{std::move(done)} {
  const auto* stack = stack_of(order_);
  auto terms = order_.step.kind == step_kind::guard || !stack ? guard_terms(order_.plan->fleet)
                                                              : gate_terms(stack->health);
  if (order_.step.kind == step_kind::guard)
    terms.unreachable = order_.plan->fleet.guard_unreachable_after;
  window_ = begin_window(terms, time_point{where_.clock.now()});
  look_id_ = look_id_of(order_, where_.clock.now());
}

void watcher::run() {
  where_.clock.later(order_.step.deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->give_up();
  });
  where_.house.build(order_, [self = shared_from_this()](expected<job> made) {
    self->where_.post([self, made = std::move(made)] {
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

std::string watcher::look_id() const {
  return look_id_ + "/" + std::to_string(looks_);
}

void watcher::look() {
  ++looks_;
  asked_ = time_point{where_.clock.now()};
  job_runner::task what;
  what.id = look_id();
  what.work = *work_;
  what.work.is_look = true;
  what.deadline = look_deadline + longest_check(stack_of(order_));
  what.label.target = target();
  what.label.step_id = what.id;
  looking_ = std::make_shared<job_runner>(
      link_, where_.clock, where_.house, std::move(what),
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
    seen = redact(*where_.house.secrets,
                  where_.house.read({*order_.plan, order_.step, *order_.facts}, *end));
  else
    seen = failed_outcome(end.error());
  if (seen.why && !seen.why->retryable) {
    finish(std::move(seen));
    return;
  }
  if (!seen.view)
    seen.view.emplace(); // could not be asked
  ask_elsewhere(std::move(seen));
}

/// The stack's checks that its own host does not make.
void watcher::ask_elsewhere(step_outcome seen) {
  const auto* stack = stack_of(order_);
  const auto& host = order_.plan->units[order_.step.of].host;
  auto questions = stack ? questions_about(order_.plan->fleet, host, *stack, *seen.view)
                         : std::vector<check_question>{};
  if (questions.empty()) {
    judge(std::move(seen), false);
    return;
  }
  asking_ = std::make_shared<asking>(
      where_, order_.plan, look_id(), std::move(questions), order_.step.deadline,
      [self = shared_from_this(), seen](const asking::answers& answers) mutable {
        self->asking_.reset();
        if (self->over_)
          return;
        const bool open = add_answers(*seen.view, answers);
        self->judge(std::move(seen), open);
      });
  asking_->run();
}

void watcher::judge(step_outcome seen, bool open) {
  auto look = look_of(order_, *seen.view, open);
  look.asked = asked_;
  look.at = time_point{where_.clock.now()};
  window_ = fold(std::move(window_), look);
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
  where_.clock.later(
      std::max(word.look_at.time_since_epoch() - where_.clock.now(), duration::zero()),
      [self = shared_from_this()] {
        if (!self->over_)
          self->look();
      });
}

void watcher::stop() {
  finish(failed_outcome(make_error(ec::cancelled, "stopped", target())));
}

void watcher::give_up() {
  const auto seconds = order_.step.deadline.count() / 1000;
  auto text = "was not seen to be healthy within " + std::to_string(seconds) + " s";
  if (window_.last)
    for (const auto& line : window_.last->ill)
      text += "; " + line;
  finish(failed_outcome(make_error(ec::timed_out, std::move(text), target())));
}

void watcher::hint() {
  if (looking_)
    looking_->hint();
}

void watcher::finish(step_outcome how) {
  if (over_)
    return;
  over_ = true;
  const auto looking = std::exchange(looking_, nullptr);
  const auto asking = std::exchange(asking_, nullptr);
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(how));
  if (looking)
    looking->stop();
  if (asking)
    asking->stop();
}

} // namespace baton
