#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace baton {

/// Actors on one thread and a virtual clock.
class actor_test : public testing::Test {
protected:
  /// Settles all messages, moves the clock, settles again.
  void advance(caf::timespan by) {
    sched.run();
    sched.advance_time(by);
    sched.run();
  }

  template <class Behavior, class... Args>
  auto spawn(Behavior behavior, Args&&... args) {
    auto made = sys.spawn(behavior, std::forward<Args>(args)...);
    spawned_.push_back(caf::actor_cast<caf::actor>(made));
    return made;
  }

  // A pending request timer keeps its actor alive and ~actor_system waits for every actor, so
  // whatever is left is stopped and drained here.
  ~actor_test() override {
    for (auto& one : spawned_)
      self->send_exit(one, caf::exit_reason::kill);
    sched.run();
    sched.trigger_timeouts();
    sched.run();
  }

private:
  struct config : caf::actor_system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };
  config cfg_;

protected:
  caf::actor_system sys{cfg_};
  caf::scoped_actor self{sys};
  caf::scheduler::test_coordinator& sched =
      dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());

private:
  std::vector<caf::actor> spawned_;
};

} // namespace baton
