#include "actors/phase.hpp"

#include "actors/order_id.hpp"

#include <caf/actor_system.hpp>
#include <caf/system_messages.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace baton {

namespace {

using phase_self = phase_actor::stateful_pointer<phase_state>;

/// A host actor enforces a step's deadline itself, with a grace for the kill; this is how much
/// later an answer that did not come counts as a bug of ours.
constexpr auto answer_slack = std::chrono::seconds{90};

/// Whether the step is about to rewind the very target that it runs on.
bool rewinds_its_target(const work_order& order) {
  const auto& step = order.step;
  return step.kind == step_kind::restore_snapshot && step.target == order.plan->units[step.of].host;
}

void report(phase_self self, const work_order& order, step_outcome outcome) {
  const auto& step = order.step;
  if (self->state.running.erase(id_of(order)) == 0)
    return; // reported already
  self->send(self->state.supervisor, event_t{event::step_ended{step.phase, step.kind, step.of,
                                                               step.attempt, std::move(outcome)}});
}

void report_broken(phase_self self, const work_order& order, const caf::error& why) {
  step_outcome outcome;
  outcome.why.emplace();
  outcome.why->code = ec::internal;
  outcome.why->what = "the part of Baton that works on " + order.step.target
                      + " broke: " + self->system().render(why);
  outcome.why->target = order.step.target;
  outcome.why->step = id_of(order);
  report(self, order, std::move(outcome));
}

void hand_over(phase_self self, const work_order& order, const host_actor& to) {
  auto waiting = self->state.running.find(id_of(order));
  if (waiting == self->state.running.end()) // stopped meanwhile, and reported
    return;
  waiting->second.at = to;
  // A request that a dead actor had taken on is never answered: hear of its death.
  self->monitor(to);
  self->request(to, order.step.deadline + answer_slack, order)
      .then([self, order](const work_answer& answer) { report(self, order, *answer.outcome); },
            [self, order](const caf::error& why) { report_broken(self, order, why); });
  if (waiting->second.stopped)
    self->send(to, stop_order{id_of(order)});
}

void on_down(phase_self self, const caf::down_msg& down) {
  if (down.source == self->state.supervisor.address()) {
    self->quit(down.reason);
    return;
  }
  std::vector<work_order> broken;
  for (const auto& [id, one] : self->state.running)
    if (one.at && one.at.address() == down.source)
      broken.push_back(one.order);
  for (const auto& order : broken)
    report_broken(self, order, down.reason);
}

} // namespace

phase_actor::behavior_type phase_worker(phase_self self, registry_actor registry,
                                        supervisor_actor supervisor) {
  self->state.registry = std::move(registry);
  self->state.supervisor = std::move(supervisor);
  // Nobody outlives the one it works for, however that ends.
  self->monitor(self->state.supervisor);
  self->set_down_handler([self](const caf::down_msg& down) { on_down(self, down); });
  return {
      [self](const work_order& order) {
        self->state.running.insert_or_assign(id_of(order),
                                             phase_state::under_way{order, {}, false});
        self->request(self->state.registry, answer_slack,
                      find_target{order.step.target, order.plan->run, rewinds_its_target(order)})
            .then([self, order](const host_actor& found) { hand_over(self, order, found); },
                  [self, order](const caf::error& why) { report_broken(self, order, why); });
      },
      [self](const stop_order& stop) {
        auto found = self->state.running.find(stop.step_id);
        if (found == self->state.running.end())
          return;
        found->second.stopped = true;
        if (found->second.at)
          self->send(found->second.at, stop);
      },
  };
}

} // namespace baton
