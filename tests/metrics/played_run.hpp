#pragma once

#include "messages/event.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace baton {

/// A fleet of two stages; `prod` has snapshots by btrfs.
inline fleet small_fleet(std::string name = "lab") {
  fleet made;
  made.name = std::move(name);
  for (const auto* host : {"alpha", "beta"}) {
    auto& one = made.hosts.emplace_back();
    one.reach.name = host;
  }
  stage staging;
  staging.name = "test";
  staging.hosts = {"alpha"};
  stage production;
  production.name = "prod";
  production.hosts = {"beta"};
  production.snapshot.emplace().driver = snapshot_driver::btrfs;
  made.stages = {staging, production};
  return made;
}

/// The records of a run, made one behind the other on a clock of its own.
class played_run {
public:
  played_run(std::string id, time_point begin, fleet of = small_fleet())
      : id_(std::move(id)), now_(begin) {
    auto made = std::make_shared<plan>();
    made->run = id_;
    made->release = "release-of-" + id_;
    made->requested_at = begin;
    made->stages = of.stages;
    made->fleet = std::move(of);
    made->units = {
        {"controller", ""}, {"alpha", ""}, {"alpha", "app"}, {"beta", ""}, {"beta", "app"}};
    plan_ = made;
    add(event::run_requested{made});
  }

  played_run& wait(double seconds) {
    now_ += duration{static_cast<std::int64_t>(seconds * 1000)};
    return *this;
  }

  played_run& begin(const std::string& phase) {
    add(event::phase_started{phase});
    return *this;
  }

  played_run& end(const std::string& phase, phase_outcome outcome = phase_outcome::ok) {
    add(event::phase_ended{phase, outcome});
    return *this;
  }

  /// A step that takes so long, and ends by `why` when that is given.
  played_run& step(const std::string& phase, step_kind kind, unit_id of, double seconds,
                   std::optional<ec> why = {}) {
    const auto& host = plan_->units[of].host;
    add(event::step_started{phase, kind, of, host, ++attempts_, duration{60'000}});
    wait(seconds);
    step_outcome outcome;
    if (why) {
      outcome.why.emplace().code = *why;
      outcome.why->what = "it failed";
      outcome.why->target = host;
    }
    add(event::step_ended{phase, kind, of, attempts_, outcome});
    return *this;
  }

  played_run& roll_back(const std::string& phase) {
    add(event::rollback_started{phase, scope::self, {4}});
    return *this;
  }

  played_run& finish(status how, const std::string& commit, std::vector<std::string> failed = {}) {
    auto made = std::make_shared<result>();
    made->run = id_;
    made->status = how;
    made->state = run_state::finished;
    made->phase = "verification";
    for (const auto* host : {"alpha", "beta"}) {
      made->hosts[host].serves = serves::new_release;
      made->hosts[host].commit = commit;
    }
    if (how != status::success) {
      made->why.emplace().code = ec::unhealthy;
      made->why->what = "beta is ill";
    }
    made->rollback_failed = std::move(failed);
    add(event::run_finished{made});
    return *this;
  }

  std::vector<record> records; ///< without numbers

private:
  void add(event_t what) {
    record made;
    made.run = id_;
    made.at = now_;
    made.what = std::move(what);
    records.push_back(std::move(made));
  }

  std::string id_;
  time_point now_;
  std::shared_ptr<const plan> plan_;
  int attempts_ = 0;
};

/// All good: 100 s.
inline std::vector<record> good_run(const std::string& id, time_point begin) {
  return played_run{id, begin}
      .begin("pre_flight")
      .step("pre_flight", step_kind::lease, 1, 0.5)
      .step("pre_flight", step_kind::lease, 3, 0.5)
      .end("pre_flight")
      .begin("snapshots")
      .step("snapshots", step_kind::create_snapshot, 3, 4)
      .end("snapshots")
      .begin("test")
      .step("test", step_kind::activate, 2, 10)
      .step("test", step_kind::gate, 2, 10)
      .end("test")
      .begin("guard:prod")
      .step("guard:prod", step_kind::guard, 2, 1)
      .end("guard:prod")
      .begin("prod")
      .step("prod", step_kind::activate, 4, 20)
      .step("prod", step_kind::gate, 4, 10)
      .end("prod")
      .begin("verification")
      .step("verification", step_kind::verify_checks, 0, 2)
      .end("verification")
      .begin("ending")
      .step("ending", step_kind::release_lease, 1, 1)
      .step("ending", step_kind::release_lease, 3, 1)
      .end("ending")
      .wait(40)
      .finish(status::success, "aaaa1111")
      .records;
}

/// `beta` is ill, is lost once on the way, and its rollback fails.
inline std::vector<record> bad_run(const std::string& id, time_point begin) {
  return played_run{id, begin}
      .begin("pre_flight")
      .step("pre_flight", step_kind::lease, 3, 0.5)
      .end("pre_flight")
      .begin("prod")
      .step("prod", step_kind::activate, 4, 5, ec::connection_lost)
      .step("prod", step_kind::activate, 4, 5)
      .step("prod", step_kind::gate, 4, 120, ec::unhealthy)
      .end("prod", phase_outcome::failed)
      .roll_back("prod")
      .begin("rollback:prod")
      .step("rollback:prod", step_kind::restore_snapshot, 3, 30, ec::snapshot_failed)
      .end("rollback:prod", phase_outcome::failed)
      .finish(status::failed, "bbbb2222", {"beta"})
      .records;
}

} // namespace baton
