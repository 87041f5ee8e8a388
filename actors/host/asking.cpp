#include "actors/host/asking.hpp"

#include "runtime/checks/ask_job.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

/// For a target's shell to be ready and to tell what it found.
constexpr duration look_slack{10'000};
/// How much later than the target's own deadline its answer is not waited for any more.
constexpr duration asked_slack{20'000};

/// What needs no shell is asked by this process itself.
std::string asked_from(const check_question& one) {
  const bool by_us = one.target == controller_name && one.what.kind != check_kind::command;
  return by_us ? std::string{} : one.target;
}

} // namespace

const stack* stack_of(const work_order& order) {
  const auto& unit = order.plan->units[order.step.of];
  for (const auto& stage : order.plan->stages)
    if (std::find(stage.hosts.begin(), stage.hosts.end(), unit.host) != stage.hosts.end())
      return find_stack(stage, unit.stack);
  return nullptr;
}

asking::asking(place where, plan_ptr plan, std::string id, std::vector<check_question> questions,
               duration longest, std::function<void(answers)> done)
    : where_{std::move(where)},
      plan_{std::move(plan)},
      id_{std::move(id)},
      questions_{std::move(questions)},
      longest_{longest},
      done_{std::move(done)},
      told_{not_asked(questions_, "no answer came in time")} {
  for (std::size_t n = 0; n < questions_.size(); ++n) {
    const auto target = asked_from(questions_[n]);
    auto found = std::find_if(groups_.begin(), groups_.end(),
                              [&](const group& one) { return one.target == target; });
    if (found == groups_.end())
      found = groups_.insert(found, group{target, {}});
    found->which.push_back(n);
  }
  open_ = groups_.size();
}

void asking::run() {
  if (groups_.empty()) {
    finish();
    return;
  }
  const auto needed =
      plan_->fleet.deadlines.connect + longest_of(questions_) + look_slack + asked_slack;
  where_.clock.later(std::min(needed, longest_), [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->give_up();
  });
  for (std::size_t nth = 0; nth < groups_.size(); ++nth)
    ask(nth);
}

void asking::ask(std::size_t nth) {
  const auto& one = groups_[nth];
  if (one.target.empty()) {
    where_.house.ask_checks(questions_of(one),
                            [self = shared_from_this(), post = where_.post, nth](answers told) {
                              post([self, nth, told = std::move(told)] { self->take(nth, told); });
                            });
    return;
  }
  check_order order;
  order.plan = plan_;
  order.id = id_;
  order.questions = questions_of(one);
  order.deadline = plan_->fleet.deadlines.connect + longest_of(order.questions) + look_slack;
  where_.others.ask(one.target, order, [self = shared_from_this(), nth](answers told) {
    self->take(nth, std::move(told));
  });
}

void asking::take(std::size_t nth, answers told) {
  auto& one = groups_[nth];
  if (!done_ || !std::exchange(one.is_open, false))
    return;
  for (std::size_t n = 0; n < one.which.size() && n < told.size(); ++n)
    told_[one.which[n]] = std::move(told[n]);
  if (--open_ == 0)
    finish();
}

void asking::give_up() {
  if (!done_)
    return;
  stop_looks();
  finish();
}

void asking::stop() {
  if (std::exchange(done_, nullptr))
    stop_looks();
}

void asking::stop_looks() {
  for (const auto& one : groups_)
    if (one.is_open && !one.target.empty())
      where_.others.stop(one.target, plan_->run, id_);
}

void asking::finish() {
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(told_));
}

std::vector<check_question> asking::questions_of(const group& one) const {
  std::vector<check_question> some;
  for (const auto n : one.which)
    some.push_back(questions_[n]);
  return some;
}

} // namespace baton
