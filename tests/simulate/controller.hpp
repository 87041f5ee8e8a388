#pragma once

#include "tests/simulate/journal.hpp"

#include "messages/actors.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::simulate {

struct world;
class baton_process;

/// A run that is over: its result, and until when it was worked on.
struct ended_run {
  std::string controller;
  plan_ptr plan;
  result_ptr told; ///< with a status
  duration at{0};
};

/// One machine from which Baton is used, with its journal: one process after the other works on it.
class controller {
public:
  controller(world& in, std::string name);
  ~controller();

  const std::string& name() const { return name_; }
  simulated_journal& journal() { return journal_; }
  const simulated_journal& journal() const { return journal_; }

  /// `baton deploy`: first goes on with what was cut off, like the command.
  void deploy(plan_ptr todo);
  void cancel(const std::string& by);
  /// kill -9; somebody says `baton resume` after a while.
  void crash(duration until_resumed);

  /// Whether nothing is under way or planned here.
  bool is_idle() const;
  bool process_lives(const std::string& pid) const;

  // For the world's loop.
  /// Lets the actors do all that they can do now; true when that was anything.
  bool settle();
  std::optional<duration> next() const;
  void move_to(duration now);

private:
  void start(plan_ptr todo, records_ptr so_far);
  void resume();
  void go_on_with_waiting();
  void end_process();

  world& in_;
  std::string name_;
  simulated_journal journal_;
  std::unique_ptr<baton_process> process_;
  std::vector<plan_ptr> waiting_;
  plan_ptr current_; ///< the run that is not at its end
  int processes_ = 0;
  bool will_resume_ = false;
  duration until_resumed_{0};
  duration began_{0};
};

} // namespace baton::simulate
