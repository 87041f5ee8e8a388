#include "actors/supervisor.hpp"

#include "actors/phase.hpp"

#include <caf/actor_system.hpp>
#include <caf/system_messages.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace baton {

namespace {

using supervisor_self = supervisor_actor::stateful_pointer<supervisor_state>;

constexpr auto append_deadline = std::chrono::seconds{30};

void decide(supervisor_self self);

bool has_cancel(const std::vector<record>& among) {
  return std::any_of(among.begin(), among.end(), [](const record& one) {
    return std::holds_alternative<event::cancel_requested>(one.what);
  });
}

/// What a run that cannot go on answers. Its last decision may be its verdict; as long as that is
/// not durable, nobody may be told.
result unfinished(supervisor_state& state) {
  auto told = verdict(*state.plan, state.now, state.house.now());
  if (told.state == run_state::finished)
    told.state = run_state::running;
  told.status.reset();
  told.exit_code = 75;
  if (told.cancelled && !state.cancel_durable) {
    told.cancelled = false;
    told.cancelled_by.clear();
    told.warnings.push_back(
        "that it was to stop could not be written down: once the journal can be "
        "written again, say it again: baton cancel "
        + told.run);
  }
  if (state.stuck_by)
    told.why = *state.stuck_by;
  return told;
}

void answer(supervisor_state& state, result_ptr what) {
  state.ended = std::move(what);
  for (auto& promise : state.asked)
    promise.deliver(result_answer{state.ended});
  state.asked.clear();
}

void give_up(supervisor_self self, std::shared_ptr<const error> why) {
  auto& state = self->state;
  if (state.stuck)
    return;
  state.stuck = true;
  state.stuck_by = std::move(why);
  answer(state, std::make_shared<const result>(unfinished(state)));
}

phase_actor actor_of(supervisor_self self, const std::string& phase_id) {
  auto& known = self->state.phases[phase_id];
  if (!known) {
    self->state.house.watch->began(actor_role::phase);
    known = self->spawn<caf::monitored>(phase_worker, self->state.registry, supervisor_actor{self});
  }
  return known;
}

/// The run's facts as they are now, for orders; one copy as long as nothing new is learned.
facts_ptr facts_now(supervisor_state& state) {
  if (!state.facts || *state.facts != state.now.facts)
    state.facts = std::make_shared<const run_facts>(state.now.facts);
  return state.facts;
}

void start(supervisor_self self, const event::step_started& step, bool resumed = false) {
  auto& state = self->state;
  work_order order{state.plan, step, facts_now(state), resumed};
  state.open[step_id(*state.plan, step.phase, step.kind, step.of, step.attempt)] = order;
  self->send(actor_of(self, step.phase), std::move(order));
}

/// An intent that is durable now.
void carry_out(supervisor_self self, const event_t& intent) {
  auto& state = self->state;
  if (auto* step = std::get_if<event::step_started>(&intent)) {
    start(self, *step);
  } else if (auto* stop = std::get_if<event::step_stopped>(&intent)) {
    self->send(actor_of(self, stop->phase),
               stop_order{step_id(*state.plan, stop->phase, stop->kind, stop->of, stop->attempt)});
  } else if (auto* retry = std::get_if<event::retry_scheduled>(&intent)) {
    const auto left = std::max(retry->at - state.house.now(), duration::zero());
    self->delayed_send(self, left,
                       event_t{event::retry_due{retry->phase, retry->of, retry->attempt}});
  } else if (auto* end = std::get_if<event::run_finished>(&intent)) {
    answer(state, end->result);
  }
  // phase_started, phase_ended, rollback_started, alert_raised: for the listeners.
}

record make_record(supervisor_state& state, event_t what) {
  record made;
  made.run = state.plan->run;
  made.at = state.house.now();
  made.dice = state.house.dice();
  made.what = std::move(what);
  return made;
}

/// Whether the run still waits for this: a step ends once, whoever reports it again later.
bool is_news(supervisor_state& state, const event_t& what) {
  auto* end = std::get_if<event::step_ended>(&what);
  return !end
         || state.open.erase(step_id(*state.plan, end->phase, end->kind, end->of, end->attempt))
                > 0;
}

/// Answers those who wait for the halt.
void settle_halt(supervisor_state& state) {
  if (!state.open.empty() || state.writing)
    return;
  for (auto& promise : state.halt_asked)
    promise.deliver(halt_order{});
  state.halt_asked.clear();
}

void halt(supervisor_self self) {
  auto& state = self->state;
  state.halting = true;
  for (const auto& [id, order] : state.open)
    self->send(actor_of(self, order.step.phase), stop_order{id});
  settle_halt(state);
}

/// What had happened before the halt was asked for, a cancel above all, is written down first.
void halt_soon(supervisor_self self) {
  constexpr int decisions_max = 2;
  if (self->state.writing)
    self->state.halt_after = decisions_max;
  else
    halt(self);
}

void on_written(supervisor_self self) {
  auto& state = self->state;
  state.writing = false;
  state.durable += state.in_flight.size();
  state.cancel_durable = state.cancel_durable || has_cancel(state.in_flight);
  state.in_flight.clear();
  auto to_do = std::exchange(state.to_do, {});
  if (state.halting) {
    settle_halt(state);
    return;
  }
  for (const auto& intent : to_do)
    carry_out(self, intent);
  decide(self);
  if (state.halt_after > 0 && (--state.halt_after == 0 || !state.writing))
    halt(self);
}

void write(supervisor_self self) {
  auto& state = self->state;
  state.writing = true;
  auto records = std::make_shared<const std::vector<record>>(state.in_flight);
  self->request(state.keeper, append_deadline, journal_batch{state.durable, std::move(records)})
      .then(
          [self](const journal_answer& answer) {
            if (answer.why)
              give_up(self, answer.why);
            else
              on_written(self);
          },
          [self](const caf::error& why) {
            // The keeper died by a bug: another one takes over, once it is asked again.
            self->state.house.watch->broke(actor_role::keeper);
            if (++self->state.replacements > replacements_max) {
              auto cause = baton::unexpected(ec::journal_failed, "the journal's keeper broke: "
                                                                     + self->system().render(why));
              give_up(self, std::make_shared<const error>(cause.value()));
              return;
            }
            self->state.keeper = self->state.house.make_keeper();
            write(self);
          });
}

/// Everything that has happened meanwhile becomes one decision: one transaction, then its effects.
void decide(supervisor_self self) {
  auto& state = self->state;
  if (state.writing || state.stuck || state.halting || state.ended || state.waiting.empty())
    return;
  for (auto& what : std::exchange(state.waiting, {})) {
    if (state.now.finished)
      break; // it came too late to be part of the run
    if (!is_news(state, what))
      continue;
    auto records = react(*state.plan, state.now, make_record(state, std::move(what)));
    for (auto at = records.begin() + 1; at != records.end(); ++at)
      state.to_do.push_back(at->what);
    std::move(records.begin(), records.end(), std::back_inserter(state.in_flight));
  }
  if (!state.in_flight.empty())
    write(self);
}

void happened(supervisor_self self, event_t what) {
  tell_mailbox(*self->state.house.watch, actor_role::supervisor, self);
  self->state.house.watch->live(self->system().registry().running());
  if (self->state.halting) {
    (void)is_news(self->state, what);
    settle_halt(self->state);
    return;
  }
  self->state.waiting.push_back(std::move(what));
  decide(self);
}

/// A phase actor died: what it had under way has failed. Its successor is spawned with the next
/// order of that phase.
void on_phase_down(supervisor_self self, const std::string& phase_id, const caf::error& why) {
  auto& state = self->state;
  state.house.watch->broke(actor_role::phase);
  state.phases.erase(phase_id);
  for (const auto& [id, order] : state.open) {
    const auto& step = order.step;
    if (step.phase != phase_id)
      continue;
    event::step_ended ended{step.phase, step.kind, step.of, step.attempt, {}};
    ended.outcome.why.emplace();
    ended.outcome.why->code = ec::internal;
    ended.outcome.why->what =
        "the part of Baton that runs phase " + phase_id + " broke: " + self->system().render(why);
    ended.outcome.why->target = step.target;
    ended.outcome.why->step = id;
    state.waiting.push_back(event_t{std::move(ended)});
  }
  decide(self);
}

void on_down(supervisor_self self, const caf::down_msg& down) {
  auto& state = self->state;
  if (down.source == state.registry.address()) {
    state.house.watch->broke(actor_role::registry);
    if (++state.replacements > replacements_max)
      return; // its steps fail one by one, and so the run ends
    state.registry = state.house.make_registry();
    self->monitor(state.registry);
    // Phase actors hold the old one: the next order of each spawns a successor.
    for (auto& [id, actor] : state.phases)
      self->send_exit(actor, down.reason);
    return;
  }
  for (const auto& [id, actor] : state.phases) {
    if (actor && down.source == actor.address()) {
      on_phase_down(self, std::string{id}, down.reason);
      return;
    }
  }
}

/// Asked for again, a lease that the run has is kept alive by its host from now on; else it would
/// be that of a dead owner until the run's first step there. Nobody waits for the answer.
void keep_leases(supervisor_self self, const std::vector<record>& so_far) {
  auto& state = self->state;
  if (state.ended)
    return;
  const auto facts = facts_now(state);
  for (const auto& past : so_far) {
    const auto* step = std::get_if<event::step_started>(&past.what);
    if (step && step->kind == step_kind::lease && facts->count({step->kind, step->of}) > 0
        && state.now.units[step->of].lease_held && !state.now.units[step->of].lost)
      self->send(actor_of(self, step->phase), work_order{state.plan, *step, facts});
  }
}

/// Goes on with a run whose process was cut off: what was begun is asked for again.
void replay(supervisor_self self, const std::vector<record>& so_far) {
  auto& state = self->state;
  state.durable = so_far.size();
  state.cancel_durable = has_cancel(so_far);
  std::vector<event::step_stopped> stopped;
  for (const auto& past : so_far) {
    state.now = fold(*state.plan, std::move(state.now), past);
    if (auto* step = std::get_if<event::step_started>(&past.what))
      state.open[step_id(*state.plan, step->phase, step->kind, step->of, step->attempt)] =
          work_order{state.plan, *step, nullptr};
    else if (auto* end = std::get_if<event::run_finished>(&past.what))
      state.ended = end->result;
    else if (auto* stop = std::get_if<event::step_stopped>(&past.what))
      stopped.push_back(*stop);
    (void)is_news(state, past.what);
    if (auto* retry = std::get_if<event::retry_scheduled>(&past.what))
      carry_out(self, event_t{*retry}); // a retry that is not due any more is ignored by the rules
  }
  auto open = std::exchange(state.open, {});
  for (const auto& [id, order] : open)
    start(self, order.step, true);
  // Whether the target has heard of that nobody knows.
  for (const auto& stop : stopped)
    if (state.open.count(step_id(*state.plan, stop.phase, stop.kind, stop.of, stop.attempt)) > 0)
      carry_out(self, event_t{stop});
  keep_leases(self, so_far);
}

} // namespace

supervisor_actor::behavior_type supervisor(supervisor_self self, surroundings house, plan_ptr todo,
                                           const records_ptr& so_far) {
  auto& state = self->state;
  state.house = std::move(house);
  state.plan = std::move(todo);
  state.now = begin(*state.plan);
  state.keeper = state.house.make_keeper();
  state.registry = state.house.make_registry();
  self->monitor(state.registry);
  self->set_down_handler([self](caf::down_msg& down) { on_down(self, down); });
  if (so_far && !so_far->empty())
    replay(self, *so_far);
  else
    self->send(self, event_t{event::run_requested{state.plan}});
  return {
      [self](const event_t& what) { happened(self, what); },
      [self](const ask_result&) -> caf::result<result_answer> {
        if (self->state.ended)
          return result_answer{self->state.ended};
        auto promise = self->make_response_promise<result_answer>();
        self->state.asked.push_back(promise);
        return promise;
      },
      [self](const halt_order&) -> caf::result<halt_order> {
        if (self->state.ended || self->state.stuck)
          return halt_order{};
        auto promise = self->make_response_promise<halt_order>();
        self->state.halt_asked.push_back(promise);
        if (!self->state.halting)
          halt_soon(self);
        return promise;
      },
  };
}

} // namespace baton
