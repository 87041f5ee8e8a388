#pragma once

#include "tests/simulate/activity.hpp"
#include "tests/simulate/misfortune.hpp"
#include "tests/simulate/step_script.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton::simulate {

struct world;
class machine;
struct state_folder;
struct step_record;

/// What runs of one attempt at a step: its supervisor (S), the waiter (L) and the worker (W), as
/// runtime/steps/supervisor.sh has them. Lives on its machine, with or without a connection.
class process : public std::enable_shared_from_this<process> {
public:
  struct start {
    std::string folder, step; ///< where its record is
    std::string attempt;
    std::uint64_t fence = 0;
    duration deadline{0}, grace{0};
    step_script script;
    bool is_look = false;
    std::function<void()> hint; ///< it is over
  };

  process(world& in, machine& on, start what);

  void begin();

  /// TERM, grace, KILL; by its supervisor, or by who takes its place.
  void stop(const std::string& why);
  /// The machine is off.
  void vanish();
  /// kill -9 of some of it.
  void kill_parts(bool supervisor, bool leader, bool worker);

  bool supervisor_lives() const { return supervisor_; }
  bool leader_lives() const { return leader_; }
  bool worker_lives() const { return worker_; }
  const step_script& script() const { return what_.script; }
  const std::string& folder() const { return what_.folder; }
  bool is_look() const { return what_.is_look; }
  bool is_over() const { return !supervisor_ && !leader_ && !worker_; }

private:
  void claim();
  void take_next();
  void did(std::size_t nth);
  void end(int status);
  void settle();
  void leave_if_over();
  /// Null where it is gone, or somebody else's by now.
  step_record* record();
  void later(duration wait, void (process::*what)());

  world& in_;
  machine& on_;
  start what_;
  mishap bad_;
  std::vector<deed> deeds_;
  std::size_t nth_ = 0;
  std::string facts_;
  bool supervisor_ = true, leader_ = true, worker_ = false;
  bool claimed_ = false, stopping_ = false;
};

} // namespace baton::simulate
