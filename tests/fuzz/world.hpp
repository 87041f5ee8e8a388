#pragma once

#include "fuzz.hpp"

#include "messages/event.hpp"
#include "rules/plan.hpp"
#include "runtime/config/load.hpp"

#include <utility>
#include <vector>

namespace baton::fuzz {

/// A small plan that has a step of nearly every kind.
inline constexpr const char* fleet_text = R"(fleet: fuzz
hosts: {one: {}, two: {}}
stacks:
  web:
    repository: https://example.org/web.git
    path: ~/web
    compose: {}
    health: {checks: [{http: "http://localhost:80/"}, {tcp: "localhost:1", on: controller}]}
  worker: {repository: https://example.org/worker.git, path: ~/w, command: {start: a, stop: c, status: b}}
stages:
  first:
    role: staging
    hosts: [one]
    stacks: [web, worker]
    snapshot: {script: ~/snapshot.sh, on: one, keep: 3}
    rollback_with: app_then_snapshot
  last: {role: public, hosts: [two], stack: web, snapshot: {btrfs: {subvolume: /srv, snapshot_dir: /srv/s}}}
environments: {all: {stages: [first, last]}}
secrets: {script: ~/sync.sh, on: controller, places: [{from: ~/a, to: ~/b}]}
tests: {on: one, workdir: ~/web, command: make, junit: junit.xml}
)";

/// That plan, and what may be asked of it.
struct world {
  struct plan plan;
  std::vector<event::step_started> steps; ///< each assignment of each step

  /// One of the steps of that kind; of a kind that only single verbs have, as if `activate` were
  /// it.
  event::step_started step(step_kind kind, std::size_t which) const {
    const auto of = [&](step_kind wanted) {
      std::vector<event::step_started> all;
      for (const auto& one : steps)
        if (one.kind == wanted)
          all.push_back(one);
      return all;
    };
    auto all = of(kind);
    if (all.empty())
      all = of(step_kind::activate);
    auto made = all[which % all.size()];
    made.kind = kind;
    return made;
  }
};

inline world made_world() {
  const auto loaded = load_fleet_text(fleet_text, "/fleet/baton.yaml", {});
  must(loaded.has_value(), "the fleet loads", loaded ? "" : to_string(loaded.error()));
  auto plan = make_plan(*loaded, {"main", "all", true, false}, {"run", "release"}, {}, "me@here");
  must(plan.has_value(), "the fleet can be planned");
  world made{*std::move(plan), {}};
  const auto add = [&](const phase& one) {
    for (const auto& step : one.steps)
      for (const auto& [of, target] : step.on)
        made.steps.push_back({one.id, step.kind, of, target, 1, step.deadline});
  };
  for (const auto& one : made.plan.phases)
    add(one);
  for (const auto& one : made.plan.rollback)
    add(one);
  add(made.plan.ending);
  return made;
}

} // namespace baton::fuzz
