#include "actors/house.hpp"

#include "actors/registry.hpp"
#include "actors/supervisor.hpp"
#include "actors/workshop.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <mutex>
#include <random>
#include <utility>

namespace baton {

namespace {

/// A supervisor that died by a bug is replaced by one that reads the journal; more than that is
/// not a matter of luck.
constexpr int supervisors_max = 3;

struct config : caf::actor_system_config {
  config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", 2);
    set("logger.verbosity", caf::atom("quiet"));
  }
};

time_point wall_clock() {
  return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

} // namespace

struct house::impl {
  options with;
  config settings;
  caf::actor_system system{settings};
  std::vector<listener_actor> listeners;
  workshop_actor workshop_;
  keeper_actor keeper_;
  registry_actor registry_;
  std::shared_ptr<const host_house> hosts;
  std::mutex mutex; ///< guards what follows
  supervisor_actor supervisor_;
  std::string cancelled_by;
  std::mt19937_64 random{std::random_device{}()};

  explicit impl(options how) : with{std::move(how)} {
    for (const auto& hears : with.observers)
      listeners.push_back(system.spawn(listener, hears));
    workshop_ = system.spawn<caf::detached>(workshop);
    if (!with.hosts.build)
      with.hosts.build = [shop = workshop_, before = with.hosts.before_build,
                          contents = with.hosts.contents](work_order order,
                                                          std::function<void(expected<job>)> then) {
        caf::anon_send(shop,
                       errand{[before, contents, order = std::move(order), then = std::move(then)] {
                         if (before)
                           before();
                         then(make_job({*order.plan, order.step, *order.facts, contents.get()}));
                       }});
      };
    if (!with.hosts.on_output)
      with.hosts.on_output = [to = listeners](const output_note& note) {
        for (const auto& one : to)
          caf::anon_send(one, note);
      };
    hosts = std::make_shared<const host_house>(with.hosts);
  }

  surroundings make_surroundings() {
    surroundings made;
    made.make_keeper = [this] {
      hosts->watch->began(actor_role::keeper);
      return keeper_ = system.spawn<caf::detached>(keeper, with.store, listeners);
    };
    made.make_registry = [this] {
      hosts->watch->began(actor_role::registry);
      return registry_ = system.spawn(registry, with.of, hosts);
    };
    made.now = &wall_clock;
    made.watch = hosts->watch;
    made.dice = [this] { return std::uniform_real_distribution<>{}(random); };
    return made;
  }

  void start(const plan_ptr& todo, const records_ptr& so_far) {
    std::lock_guard lock{mutex};
    hosts->watch->began(actor_role::supervisor);
    supervisor_ = system.spawn(supervisor, make_surroundings(), todo, so_far);
    if (!cancelled_by.empty())
      caf::anon_send(supervisor_, event_t{event::cancel_requested{cancelled_by}});
  }

  supervisor_actor current() {
    std::lock_guard lock{mutex};
    return supervisor_;
  }

  void end_registry() {
    if (registry_)
      caf::anon_send_exit(registry_, caf::exit_reason::user_shutdown);
    if (keeper_)
      caf::anon_send_exit(keeper_, caf::exit_reason::user_shutdown);
  }

  ~impl() {
    if (supervisor_)
      caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    end_registry();
    for (const auto& one : listeners)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(workshop_, caf::exit_reason::user_shutdown);
    // Handles keep actors alive, and the system waits for all of them.
    supervisor_ = nullptr;
    registry_ = nullptr;
    keeper_ = nullptr;
    listeners.clear();
    workshop_ = nullptr;
    with.hosts = {};
    hosts.reset();
  }
};

house::house(options with) : impl_{std::make_unique<impl>(std::move(with))} {}

house::~house() = default;

result house::carry_out(const plan_ptr& todo, const records_ptr& so_far) {
  caf::scoped_actor self{impl_->system};
  std::shared_ptr<const result> told;
  std::string broke;
  auto known = so_far;
  for (int tries = 0; !told && tries < supervisors_max; ++tries) {
    if (tries > 0) {
      impl_->hosts->watch->broke(actor_role::supervisor);
      impl_->end_registry();
      auto records = impl_->with.store->read(todo->run);
      if (!records)
        break;
      known = std::make_shared<const std::vector<record>>(std::move(*records));
    }
    impl_->start(todo, known);
    self->request(impl_->current(), caf::infinite, ask_result{})
        .receive([&](const result_answer& answer) { told = answer.result; },
                 [&](const caf::error& why) { broke = impl_->system.render(why); });
  }
  for (const auto& one : impl_->listeners)
    self->request(one, std::chrono::seconds{5}, ask_drained{})
        .receive([](const ask_drained&) {}, [](const caf::error&) {});
  if (told)
    return *told;
  result lost;
  lost.run = todo->run;
  lost.fleet = todo->fleet.name;
  lost.environment = todo->request.environment;
  lost.release = todo->release;
  lost.why = unexpected(ec::internal, "the supervisor broke: " + broke).value();
  lost.exit_code = 75;
  return lost;
}

void house::cancel(std::string by) {
  std::lock_guard lock{impl_->mutex};
  impl_->cancelled_by = std::move(by);
  if (impl_->supervisor_)
    caf::anon_send(impl_->supervisor_, event_t{event::cancel_requested{impl_->cancelled_by}});
}

bool house::halt(duration patience) {
  const auto running = impl_->current();
  if (!running)
    return true;
  bool done = false;
  caf::scoped_actor self{impl_->system};
  self->request(running, patience, halt_order{})
      .receive([&](const halt_order&) { done = true; }, [](const caf::error&) {});
  return done;
}

} // namespace baton
