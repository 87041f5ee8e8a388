#pragma once

#include "actors/host/asking.hpp"
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
  watcher(link& to, asking::place where, work_order order, outcome_callback done);

  void run();

  /// `done` hears `cancelled` at once. Without a stop it hears how it went within the step's
  /// deadline, whatever the looks do.
  void stop();

  /// A look is over: ask now.
  void hint();

private:
  std::string look_id() const;
  void look();
  void on_look(const expected<job_end>& end);
  void ask_elsewhere(step_outcome seen);
  void judge(step_outcome seen, bool open);
  void give_up();
  void finish(step_outcome how);
  const std::string& target() const { return order_.step.target; }

  link& link_;
  asking::place where_;
  work_order order_;
  outcome_callback done_;
  std::optional<job> work_;
  std::shared_ptr<job_runner> looking_;
  std::shared_ptr<asking> asking_;
  std::string look_id_;
  int looks_ = 0;
  time_point asked_; ///< the look in progress
  health_window window_;
  bool over_ = false;
};

} // namespace baton
