#pragma once

#include "actors/host/timers.hpp"
#include "actors/watch.hpp"
#include "messages/actors.hpp"
#include "rules/dead_owner.hpp"
#include "runtime/job.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/steps/lease.hpp"
#include "runtime/transport.hpp"

#include <functional>
#include <memory>
#include <string>

namespace baton {

/// What every host actor of a process shares. The functions are safe to call from any thread.
struct host_house {
  std::shared_ptr<transport> network; ///< to hosts
  std::shared_ptr<transport> local;   ///< to the controller
  /// Builds a job on a thread that may block, and calls back from it.
  std::function<void(work_order, std::function<void(expected<job>)>)> build;
  step_outcome (*read)(const job_context&, const job_end&) = &read_outcome;
  /// Asks http and tcp checks from this process; calls back from another thread.
  std::function<void(std::vector<check_question>, std::function<void(std::vector<check_answer>)>)>
      ask_checks;
  std::shared_ptr<const redactor> secrets; ///< never null
  /// What goes into the secret files of hosts; null: each job gets it anew.
  std::shared_ptr<secret_contents> contents;
  /// Called on the same thread before each job is built; may be empty.
  std::function<void()> before_build;
  /// Output of a running step, redacted: to the log files and to people.
  std::function<void(const output_note&)> on_output;
  std::string owner; ///< of leases: one line of JSON
  /// What may become of a lease that another has; empty: its owner lives.
  std::function<succession(const lease_owner&)> judge_owner;
  std::string controller_dir; ///< where steps of the controller live, absolute
  duration reattach_patience{
      60'000}; ///< a started step is looked for so long after a lost connection
  duration lease_beat{10'000};
  watch_ptr watch = std::make_shared<actor_watch>(); ///< never null
};

using outcome_callback = std::function<void(step_outcome)>;

/// An outcome that failed.
step_outcome failed_outcome(error why);

/// `lease_lost`: the target has another owner now.
error lost_to_another(const std::string& target);

} // namespace baton
