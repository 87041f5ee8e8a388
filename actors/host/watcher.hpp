#pragma once

#include "actors/host/job_runner.hpp"
#include "rules/health.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace baton {

/// Looks at one unit again and again until the rules have made up their mind: the gate of a deploy
/// phase, the guard between phases, the verification. Belongs to the host actor's thread.
class watcher : public std::enable_shared_from_this<watcher> {
public:
  /// `post` brings a function from any thread to the actor's own.
  watcher(link& to, timers clock, const host_house& house,
          std::function<void(std::function<void()>)> post, work_order order, outcome_callback done);

  void run();

  /// `done` hears `cancelled` at once.
  void stop();

  /// A look is over: ask now.
  void hint();

private:
  void look();
  void on_look(const expected<job_end>& end);
  void ask_checks(step_outcome seen);
  void judge(step_outcome seen);
  void finish(step_outcome how);
  const stack* stack_of() const;
  const std::string& target() const { return order_.step.target; }

  link& link_;
  timers clock_;
  const host_house& house_;
  std::function<void(std::function<void()>)> post_;
  work_order order_;
  outcome_callback done_;
  std::optional<job> work_;
  std::shared_ptr<job_runner> looking_;
  int looks_ = 0;
  health_window window_;
  bool over_ = false;
};

} // namespace baton
