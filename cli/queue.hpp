#pragma once

#include "actors/host/parts.hpp"
#include "cli/workspace.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace baton {

/// Where those of a state folder that wait have their locks, as run_lock wants it.
std::filesystem::path queue_folder(const std::filesystem::path& state);

/// A run's turn on all of its hosts: waits while others own some of them. Meanwhile it owns none: a
/// host that was got goes back when another cannot be had, so two that wait never wait for each
/// other. Those of one fleet and environment have their turn in the order in which they came, as
/// far as they share a state folder. SIGINT, SIGTERM and SIGHUP end the waiting, and are kept in
/// mind from its making on.
class queue_turn {
public:
  enum class outcome {
    come,    ///< the leases are the run's; a host that cannot be asked is left to the run
    late,    ///< the time is over; nothing is had
    cut_off, ///< an owner is dead, and its run can be gone on with from here; nothing is had
    ended,   ///< a signal came; nothing is had
  };

  /// `say` tells people who is waited for.
  queue_turn(const workspace& in, std::shared_ptr<const plan> todo, duration longest,
             std::function<void(const std::string&)> say);
  queue_turn(const queue_turn&) = delete;
  queue_turn& operator=(const queue_turn&) = delete;
  ~queue_turn();

  outcome wait();

  /// Gives back what is had: of a run that does not begin.
  void give_back();

  /// `SIGINT`, …; empty: none came.
  std::string signal() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
