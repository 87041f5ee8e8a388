#include "actors/host/host.hpp"

#include "actors/order_id.hpp"
#include "runtime/fault.hpp"
#include "runtime/log/redact_record.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

std::pair<std::string, std::string> unit_of(const work_order& order) {
  return {order.plan->run, unit_name(*order.plan, order.step.of)};
}

bool looks_at_stack(step_kind kind) {
  switch (kind) {
  case step_kind::inspect:
  case step_kind::look:
  case step_kind::gate:
  case step_kind::guard:
  case step_kind::verify:
    return true;
  default:
    return false;
  }
}

/// Whether the step may be done again although it has begun.
bool may_repeat(const work_order& order) {
  const auto is_it = [&](const phase& one) { return one.id == order.step.phase; };
  const auto is_repeatable = [&](const phase& one) {
    return std::any_of(one.steps.begin(), one.steps.end(), [&](const step_spec& step) {
      return step.kind == order.step.kind && step.repeatable;
    });
  };
  const auto& plan = *order.plan;
  for (const auto* all : {&plan.phases, &plan.rollback})
    if (const auto found = std::find_if(all->begin(), all->end(), is_it); found != all->end())
      return is_repeatable(*found);
  return is_it(plan.ending) && is_repeatable(plan.ending);
}

/// For a killed step to be gone: its grace, and some more.
constexpr duration leftover_patience{20'000};
constexpr duration reach_poll{1'000};
constexpr duration leftover_poll{200};

} // namespace

step_outcome failed_outcome(error why) {
  step_outcome outcome;
  outcome.why = std::move(why);
  return outcome;
}

error lost_to_another(const std::string& target) {
  return make_error(ec::lease_lost,
                    "the lease of " + target
                        + " is not this run's any more, taken over or released by hand; nothing"
                          " more is done there; see `baton lease show`",
                    target);
}

host_work::host_work(host_settings settings, std::shared_ptr<const host_house> house,
                     const timers& clock, std::function<void(std::function<void()>)> post,
                     colleagues others)
    : settings_{std::move(settings)},
      house_{std::move(house)},
      clock_{clock},
      post_{post},
      others_{std::move(others)},
      link_{settings_.is_controller ? house_->local : house_->network, settings_.reach, clock,
            std::move(post)} {
  link_.on_step_over = [this](const std::string& id) {
    for (auto& [known, order] : orders_) {
      if (order.runner && known == id)
        order.runner->hint();
      if (order.watching)
        order.watching->hint();
    }
    if (const auto found = asked_.find(id); found != asked_.end())
      found->second->hint();
  };
}

/// Nobody is answered any more, and what the end of the connection tells meets no order.
host_work::~host_work() {
  orders_.clear();
}

host_work::under_way* host_work::find(const std::string& id) {
  auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second;
}

void host_work::perform(const work_order& order, std::function<void(const work_answer&)> answer) {
  const auto id = id_of(order);
  auto [at, is_new] = orders_.try_emplace(id);
  at->second.askers.push_back(std::move(answer));
  if (!is_new)
    return;
  at->second.order = order;
  at->second.began = clock_.now();
  begin(id);
}

void host_work::begin(const std::string& id) {
  switch (find(id)->order.step.kind) {
  case step_kind::lease:
    acquire(id);
    return;
  case step_kind::release_lease:
    release(id);
    return;
  case step_kind::inspect:
    if (is_being_leased())
      waiting_looks_.push_back(id);
    else
      build(id);
    return;
  case step_kind::verify_checks: {
    const auto& order = find(id)->order;
    const auto patience = std::min(order.plan->fleet.guard_unreachable_after, order.step.deadline);
    verify_checks(id, clock_.now() + patience, 1);
    return;
  }
  case step_kind::gate:
  case step_kind::guard:
  case step_kind::verify: {
    auto& here = *find(id);
    here.watching =
        std::make_shared<watcher>(link_, place(), here.order, [this, id](step_outcome outcome) {
          end_watch(id, std::move(outcome));
        });
    here.watching->run();
    return;
  }
  default:
    build(id);
  }
}

void host_work::end(const std::string& id, step_outcome outcome) {
  auto found = orders_.find(id);
  if (found == orders_.end())
    return;
  const auto& step = found->second.order.step;
  if (outcome.why && outcome.why->target.empty())
    outcome.why->target = step.target;
  if (outcome.why) // whoever knew of the error may have another name for the step
    outcome.why->step = id;
  // What an earlier process has begun may have had its effect, as long as its target was not asked.
  if (found->second.order.resumed && !found->second.runner)
    outcome.changed_nothing = false;
  // A look that did not come back has seen nothing: what was known before is not known any more.
  if (outcome.why && !outcome.view && looks_at_stack(step.kind)
      && !found->second.order.plan->units[step.of].stack.empty())
    outcome.view.emplace();
  // Whatever a target has said enters the house without its secrets.
  outcome = redact(*house_->secrets, std::move(outcome));
  auto askers = std::move(found->second.askers);
  orders_.erase(found);
  const auto shared = std::make_shared<const step_outcome>(std::move(outcome));
  for (const auto& answer : askers)
    answer(work_answer{shared});
  if (!waiting_looks_.empty() && !is_being_leased())
    begin_looks(*shared);
}

bool host_work::is_being_leased() const {
  return std::any_of(orders_.begin(), orders_.end(), [](const auto& one) {
    return one.second.order.step.kind == step_kind::lease;
  });
}

/// What a dead owner's steps still do there is over by now. A host that could not be reached for
/// its lease is not tried again at once.
void host_work::begin_looks(const step_outcome& lease) {
  for (const auto& id : std::exchange(waiting_looks_, {})) {
    if (!find(id))
      continue;
    if (lease.why && !link_.ready()) {
      auto why = *lease.why;
      why.step.clear();
      fail(id, std::move(why));
    } else {
      build(id);
    }
  }
}

void host_work::fail(const std::string& id, error why) {
  end(id, failed_outcome(std::move(why)));
}

void host_work::stop(const std::string& id) {
  if (const auto found = asked_.find(id); found != asked_.end()) {
    const auto look = found->second;
    look->stop();
    return;
  }
  auto* here = find(id);
  if (!here || here->stopped || here->to_stop)
    return;
  // What an earlier process has begun may have had its effect, and may still run.
  if (here->order.resumed && !here->runner && !here->watching && !here->checks) {
    here->to_stop = true;
    return;
  }
  here->stopped = true;
  if (here->runner && !here->checks) {
    here->runner->stop();
  } else if (here->watching) {
    here->watching->stop();
  } else {
    if (here->checks)
      here->checks->stop();
    auto outcome = failed_outcome(
        make_error(ec::cancelled, "stopped before it began", here->order.step.target));
    // A lease that the host has been asked for may be had all the same.
    outcome.changed_nothing = here->order.step.kind != step_kind::lease || !link_.ready();
    end(id, std::move(outcome));
  }
}

void host_work::build(const std::string& id) {
  const auto order = find(id)->order;
  std::weak_ptr<int> alive = alive_;
  house_->build(order, [this, alive, id, post = post_](expected<job> made) {
    post([this, alive, id, made = std::move(made)] {
      if (alive.expired() || !find(id))
        return;
      if (!made) {
        auto outcome = failed_outcome(made.error());
        outcome.changed_nothing = true;
        end(id, std::move(outcome));
        return;
      }
      if (made->is_look) {
        start_job(id, *made, 0);
        return;
      }
      with_those_elsewhere(id, [this, id, work = *made] {
        retake(id, [this, id, work] {
          clear_unit(id, [this, id, work] {
            with_fence(id, [this, id, work](std::uint64_t fence) { start_job(id, work, fence); });
          });
        });
      });
    });
  });
}

void host_work::start_job(const std::string& id, job work, std::uint64_t fence) {
  auto* here = find(id);
  if (!here || here->stopped)
    return;
  const auto& order = here->order;
  cleared_.insert(unit_of(order));
  job_runner::task what;
  what.id = work.is_look ? look_id_of(order, here->began) : id;
  what.work = std::move(work);
  what.fence = fence;
  what.deadline = order.step.deadline - (clock_.now() - here->began);
  what.label = {order.plan->run, order.step.phase, order.step.target, id, ""};
  what.resumed = order.resumed && !here->has_repeated && !what.work.is_look;
  here->runner = std::make_shared<job_runner>(
      link_, clock_, *house_, std::move(what), [this, id, fence](const expected<job_end>& end_of) {
        auto* there = find(id);
        if (!there)
          return;
        const auto runner = there->runner;
        if (runner && runner->unproven())
          cleared_.erase(unit_of(there->order));
        if (!end_of) {
          if (end_of.error().code == ec::lease_lost && fence > 0 && !there->has_adopted)
            adopt_fence(id, fence);
          else
            fail(id, end_of.error());
          return;
        }
        auto outcome =
            house_->read({*there->order.plan, there->order.step, *there->order.facts}, *end_of);
        // Whoever takes a host over ends what runs there.
        // Also where it came to its end all the same: what it had started went with it.
        const bool was_halted = there->order.resumed && end_of->kill_asked && !there->stopped
                                && !there->has_repeated && may_repeat(there->order);
        const bool ended_by_another =
            fence > 0 && outcome.why && outcome.why->code == ec::step_killed && !there->stopped;
        if (was_halted)
          repeat_if_ours(id);
        else if (ended_by_another)
          end_if_ours(id, std::move(outcome));
        else if (there->order.step.kind == step_kind::look && outcome.view)
          look_elsewhere(id, std::move(outcome));
        else
          end(id, std::move(outcome));
      });
  here->runner->run();
  if (auto* there = find(id); there && there->to_stop) {
    there->to_stop = false;
    stop(id);
  }
}

void host_work::clear_unit(const std::string& id, const std::function<void()>& then) {
  const auto& order = find(id)->order;
  const auto unit = unit_of(order);
  if (cleared_.count(unit)) {
    then();
    return;
  }
  link_.when_ready([this, id, unit, then](const expected<void>& how) {
    if (!find(id))
      return;
    if (!how) {
      const auto& here = *find(id);
      // What may run there is looked for as long as after a lost connection.
      if (here.order.resumed && !here.stopped && how.error().retryable
          && clock_.now() - here.began < house_->reattach_patience) {
        clock_.later(reach_poll, [this, id, then] {
          if (find(id))
            clear_unit(id, then);
        });
        return;
      }
      auto outcome = failed_outcome(how.error());
      outcome.changed_nothing = true;
      end(id, std::move(outcome));
      return;
    }
    link_.send(link_.shell().list(unit.first, [this, id, unit, then](
                                                  const expected<std::vector<step_entry>>& known) {
      if (!find(id))
        return;
      if (!known) {
        fail(id, known.error());
        return;
      }
      for (const auto& entry : *known) {
        const bool runs = entry.state == step_state::running || entry.state == step_state::settling;
        if (runs && entry.id != id && entry.id.find("/" + unit.second + "/") != std::string::npos) {
          link_.send(link_.shell().kill(entry.id, [](const expected<step_report>&) {}));
          await_gone(id, entry.id, clock_.now() + leftover_patience, then);
          return;
        }
      }
      cleared_.insert(unit);
      then();
    }));
  });
}

void host_work::await_gone(const std::string& id, const std::string& leftover, duration until,
                           const std::function<void()>& then) {
  if (!find(id))
    return;
  if (!link_.ready()) {
    clear_unit(id, then);
    return;
  }
  link_.send(link_.shell().poll(
      leftover, 0, 0, [this, id, leftover, until, then](const expected<step_report>& report) {
        if (!find(id))
          return;
        if (!report) {
          fail(id, report.error());
        } else if (report->gone()) {
          clear_unit(id, then); // there may be more
        } else if (clock_.now() >= until) {
          fail(id, make_error(ec::step_failed, "a step that was killed still runs: " + leftover,
                              settings_.reach.to.name));
        } else {
          clock_.later(leftover_poll, [this, id, leftover, until, then] {
            await_gone(id, leftover, until, then);
          });
        }
      }));
}

} // namespace baton
