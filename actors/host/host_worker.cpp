#include "actors/host/host.hpp"

#include "runtime/checks/ask_job.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace baton {

namespace {

/// How much later than its deadline an answer that did not come counts as a bug of ours.
constexpr duration colleague_slack{30'000};
/// A host that does not say whose it is by then cannot be asked.
constexpr duration whose_patience{30'000};

colleagues colleagues_of(host_actor_own::stateful_pointer<host_worker_state> self,
                         const registry_actor& registry) {
  colleagues made;
  made.ask = [self, registry](const std::string& target, const check_order& order,
                              const std::function<void(std::vector<check_answer>)>& then) {
    const auto patience = order.deadline + colleague_slack;
    const auto broken = [self, target, then, questions = order.questions](const caf::error& why) {
      then(not_asked(questions, "the part of Baton that works on " + target
                                    + " broke: " + self->system().render(why)));
    };
    self->request(registry, patience, find_target{target, order.plan->run})
        .then(
            [self, order, patience, then, broken](const host_actor& found) {
              self->request(found, patience, order)
                  .then([then](const check_report& told) { then(told.answers); }, broken);
            },
            broken);
  };
  made.stop = [self, registry](const std::string& target, const std::string& run,
                               const std::string& id) {
    self->request(registry, colleague_slack, find_target{target, run})
        .then([self, id](const host_actor& found) { self->send(found, stop_order{id}); },
              [](const caf::error&) {});
  };
  made.whose = [self, registry](const std::string& target, const whose_question& what,
                                const std::function<void(bool)>& then) {
    const auto unknown = [then](const caf::error&) { then(false); };
    self->request(registry, whose_patience, find_target{target, what.run})
        .then(
            [self, what, then, unknown](const host_actor& found) {
              self->request(found, whose_patience, what)
                  .then([then](const whose_answer& told) { then(told.is_lost); }, unknown);
            },
            unknown);
  };
  return made;
}

} // namespace

host_actor_own::behavior_type host_worker(host_actor_own::stateful_pointer<host_worker_state> self,
                                          host_settings settings,
                                          std::shared_ptr<const host_house> house,
                                          const registry_actor& owner) {
  // Nobody outlives the one it works for, however that ends.
  self->monitor(owner);
  self->set_down_handler([self](const caf::down_msg& down) { self->quit(down.reason); });
  timers clock;
  clock.later = [self](duration wait, std::function<void()> what) {
    self->delayed_send(self, wait, host_note{std::move(what)});
  };
  clock.now = [self] {
    return std::chrono::duration_cast<duration>(self->clock().now().time_since_epoch());
  };
  // Weak: what other threads hold must not keep the actor alive.
  auto weak = caf::actor_cast<caf::actor_addr>(self);
  auto post = [weak](std::function<void()> what) {
    if (auto strong = caf::actor_cast<caf::actor>(weak))
      caf::anon_send(strong, host_note{std::move(what)});
  };
  auto watch = house->watch;
  self->state.work = std::make_shared<host_work>(
      std::move(settings), std::move(house), std::move(clock), post, colleagues_of(self, owner));
  return {
      [self, watch](const work_order& order) -> caf::result<work_answer> {
        tell_mailbox(*watch, actor_role::host, self);
        auto promise = self->make_response_promise<work_answer>();
        self->state.work->perform(
            order, [promise](const work_answer& answer) mutable { promise.deliver(answer); });
        return promise;
      },
      [self](const check_order& order) -> caf::result<check_report> {
        auto promise = self->make_response_promise<check_report>();
        self->state.work->ask(
            order, [promise](check_report told) mutable { promise.deliver(std::move(told)); });
        return promise;
      },
      [self](const whose_question& asked) -> caf::result<whose_answer> {
        auto promise = self->make_response_promise<whose_answer>();
        self->state.work->tell_whose(
            asked, [promise](whose_answer told) mutable { promise.deliver(told); });
        return promise;
      },
      [self](const stop_order& stop) { self->state.work->stop(stop.step_id); },
      [](const host_note& note) { note.what(); },
  };
}

} // namespace baton
