#include "tests/actors/fake_house.hpp"

#include "actors/order_id.hpp"

namespace baton {

namespace {

/// What a real host would answer.
step_outcome play(fake_world& world, const work_order& order) {
  const auto unit = unit_name(*order.plan, order.step.of);
  world.done.push_back(id_of(order));
  if (world.on_effect)
    world.on_effect(order);
  step_outcome outcome;
  if (world.fails)
    outcome.why = world.fails(order);
  auto& runs = world.runs.try_emplace(unit, "old").first->second;
  if (!outcome.why) {
    if (order.step.kind == step_kind::activate)
      runs = order.plan->release;
    if (order.step.kind == step_kind::restore)
      runs = "old";
    if (order.step.kind == step_kind::resolve)
      outcome.facts["commit"] = std::string(40, 'a');
    if (order.step.kind == step_kind::lease)
      outcome.facts["fence"] = "1";
  }
  outcome.view.emplace();
  outcome.view->seen = true;
  outcome.view->releases = {runs};
  outcome.view->healthy = true;
  outcome.view->last_good = "old";
  return outcome;
}

host_actor::behavior_type fake_host(host_actor::pointer self, std::shared_ptr<fake_world> world) {
  return {
      [self, world](const work_order& order) -> caf::result<work_answer> {
        if (world->hangs && world->hangs(order)) {
          auto promise = self->make_response_promise<work_answer>();
          world->hanging[id_of(order)].push_back(promise);
          return promise;
        }
        return work_answer{std::make_shared<const step_outcome>(play(*world, order))};
      },
      [](const check_order&) { return check_report{}; },
      [](const whose_question&) { return whose_answer{}; },
      [world](const stop_order& stop) {
        world->stopped.push_back(stop.step_id);
        step_outcome outcome;
        outcome.why = unexpected(ec::cancelled, "stopped").value();
        for (auto& promise : world->hanging[stop.step_id])
          promise.deliver(work_answer{std::make_shared<const step_outcome>(outcome)});
        world->hanging.erase(stop.step_id);
      },
  };
}

stage stage_of(const std::string& name, role as, failure_policy policy) {
  stage made;
  made.name = name;
  made.role = as;
  made.hosts = {name};
  made.on_failure = policy;
  stack app;
  app.name = "app";
  app.path = "~/app";
  app.engine = command_engine{};
  made.stacks = {app};
  return made;
}

} // namespace

plan_ptr three_machine_plan() {
  fleet made;
  made.name = "homelab";
  for (const auto* name : {"thinkpad", "rtx1080", "vps"}) {
    host one;
    one.reach.name = name;
    made.hosts.push_back(one);
  }
  made.stages = {
      stage_of("thinkpad", role::staging,
               {scope::upstream, status::failed, severity::warning, after_failure::stop}),
      stage_of("rtx1080", role::production,
               {scope::upstream, status::rolled_back, severity::critical, after_failure::stop}),
      stage_of("vps", role::public_facing,
               {scope::self, status::partial_success, severity::critical, after_failure::go_on})};
  made.stages[2].retry.attempts_max = 3;
  made.environments = {{"production", {"thinkpad", "rtx1080", "vps"}}};
  made.default_environment = "production";
  made.tests.wanted = true;
  made.tests.run.shell = "true";
  auto planned = make_plan(made, request{}, {"run-1", "release-1"}, time_point{}, "me@here");
  if (!planned)
    throw std::runtime_error(planned.error().what);
  return std::make_shared<const plan>(std::move(*planned));
}

registry_actor::behavior_type fake_registry(registry_actor::pointer self,
                                            std::shared_ptr<fake_world> world) {
  return {[self, world](const find_target&) {
    world->phases.push_back(caf::actor_cast<caf::actor>(self->current_sender()));
    host_actor made = self->spawn(fake_host, world);
    world->hosts.push_back(caf::actor_cast<caf::actor>(made));
    return made;
  }};
}

} // namespace baton
