#include "tests/simulate/baton_process.hpp"

#include "actors/host/host.hpp"
#include "actors/registry.hpp"
#include "actors/supervisor.hpp"
#include "tests/simulate/world.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <utility>

namespace baton::simulate {

namespace {

struct config : caf::actor_system_config {
  config() {
    set("scheduler.policy", caf::atom("testing"));
    set("logger.verbosity", caf::atom("quiet"));
  }
};

caf::actor_clock::time_point caf_time(duration at) {
  return caf::actor_clock::time_point{at};
}

caf::behavior asker(caf::event_based_actor* self, const supervisor_actor& whom,
                    std::shared_ptr<result_ptr> into) {
  self->request(whom, caf::infinite, ask_result{})
      .then([into](const result_answer& answer) { *into = answer.result; },
            [](const caf::error&) {});
  return {[](int) {}};
}

using slow_keeper_actor = keeper_actor::extend<caf::reacts_to<host_note>>;

/// A disk takes its time: whoever does not wait for it is found out.
slow_keeper_actor::behavior_type slow_keeper(slow_keeper_actor::pointer self,
                                             const keeper_actor& behind, dice luck) {
  return {
      [self, behind, luck](const journal_batch& batch) mutable -> caf::result<journal_answer> {
        auto promise = self->make_response_promise<journal_answer>();
        const duration takes{luck.one_in(10) ? luck.between(30, 400) : luck.between(1, 15)};
        self->delayed_send(
            self, takes, host_note{[self, behind, batch, promise]() mutable {
              self->request(behind, caf::infinite, batch)
                  .then([promise](const journal_answer& done) mutable { promise.deliver(done); });
            }});
        return promise;
      },
      [](const host_note& note) { note.what(); },
  };
}

} // namespace

struct baton_process::impl {
  options how;
  plan_ptr todo;
  config settings;
  caf::actor_system system{settings};
  caf::scheduler::test_coordinator& sched =
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  std::shared_ptr<simulated_store> store;
  std::shared_ptr<simulated_transport> network;
  std::shared_ptr<host_house> hosts = std::make_shared<host_house>();
  std::shared_ptr<result_ptr> told = std::make_shared<result_ptr>();
  supervisor_actor supervisor_;
  keeper_actor keeper_, writer_;
  registry_actor registry_;
  caf::actor asker_;
  dice chance;
  bool is_dead = false;

  impl(options with, plan_ptr what)
      : how{std::move(with)}, todo{std::move(what)}, chance{how.in.luck.of("dice/" + how.pid)} {}

  void furnish() {
    hosts->network = hosts->local = network;
    hosts->build = [](const work_order& order, const std::function<void(expected<job>)>& then) {
      then(make_simulated_job({*order.plan, order.step, *order.facts}));
    };
    hosts->ask_checks = [this](const std::vector<check_question>& questions,
                               std::function<void(std::vector<check_answer>)> then) {
      how.in.ask_checks(questions, std::move(then));
    };
    hosts->secrets = how.in.no_secrets;
    hosts->on_output = [](const output_note&) {};
    hosts->owner =
        R"({"user":"ann","controller":")" + how.controller + R"(","pid":)" + how.pid + "}";
    hosts->judge_owner = how.judge_owner;
    hosts->controller_dir = "/var/lib/baton/controller";
  }

  surroundings make_surroundings() {
    surroundings made;
    made.make_keeper = [this] {
      writer_ = system.spawn(keeper, store, std::vector<listener_actor>{});
      return keeper_ = system.spawn(slow_keeper, writer_, how.in.luck.of("disk/" + how.pid));
    };
    made.make_registry = [this] {
      return registry_ = system.spawn(registry, std::make_shared<const fleet>(todo->fleet),
                                      std::shared_ptr<const host_house>{hosts});
    };
    made.now = [this] { return time_point{how.in.clock.now()}; };
    made.dice = [this] { return static_cast<double>(chance.up_to(999)) / 1000; };
    return made;
  }
};

baton_process::baton_process(options how, plan_ptr todo, records_ptr so_far)
    : impl_{std::make_unique<impl>(std::move(how), std::move(todo))} {
  auto& my = *impl_;
  my.sched.clock().current_time = caf_time(my.how.in.clock.now());
  my.network = std::make_shared<simulated_transport>(my.how.in, my.how.controller,
                                                     my.how.controller + "/" + my.how.pid);
  my.store = std::make_shared<simulated_store>(my.how.in, my.how.journal,
                                               [this](simulated_store::point where, int append) {
                                                 if (!impl_->how.dies(where, append))
                                                   return false;
                                                 die();
                                                 return true;
                                               });
  my.furnish();
  my.supervisor_ = my.system.spawn(supervisor, my.make_surroundings(), my.todo, so_far);
  my.asker_ = my.system.spawn(asker, my.supervisor_, my.told);
}

baton_process::~baton_process() {
  auto& my = *impl_;
  die();
  // Pending timers and promises keep actors alive, and the system waits for all of them.
  caf::anon_send_exit(my.asker_, caf::exit_reason::kill);
  caf::anon_send_exit(my.supervisor_, caf::exit_reason::kill);
  caf::anon_send_exit(my.registry_, caf::exit_reason::kill);
  caf::anon_send_exit(my.keeper_, caf::exit_reason::kill);
  caf::anon_send_exit(my.writer_, caf::exit_reason::kill);
  my.sched.run();
  my.asker_ = nullptr;
  my.supervisor_ = nullptr;
  my.registry_ = nullptr;
  my.keeper_ = nullptr;
  my.writer_ = nullptr;
  my.sched.trigger_timeouts();
  my.sched.run();
}

void baton_process::cancel(const std::string& by) {
  caf::anon_send(impl_->supervisor_, event_t{event::cancel_requested{by}});
}

void baton_process::die() {
  impl_->is_dead = true;
  impl_->store->die();
  impl_->network->die();
}

bool baton_process::is_dead() const {
  return impl_->is_dead;
}

result_ptr baton_process::told() const {
  return impl_->is_dead ? nullptr : *impl_->told;
}

bool baton_process::settle() {
  return !impl_->is_dead && impl_->sched.run() > 0;
}

std::optional<duration> baton_process::next() const {
  const auto& due = impl_->sched.clock().schedule();
  if (impl_->is_dead || due.empty())
    return std::nullopt;
  return std::chrono::ceil<duration>(due.begin()->first.time_since_epoch());
}

void baton_process::move_to(duration now) {
  auto& clock = impl_->sched.clock();
  const auto wait = caf_time(now) - clock.current_time;
  if (!impl_->is_dead && wait.count() >= 0)
    clock.advance_time(wait);
}

} // namespace baton::simulate
