#pragma once

#include "actors/host/parts.hpp"
#include "messages/actors.hpp"
#include "tests/simulate/journal.hpp"
#include "tests/simulate/network.hpp"

#include <memory>
#include <optional>
#include <string>

namespace baton::simulate {

/// One process of Baton: the real actors on CAF's test coordinator, wired as actors/house does it,
/// over a simulated network and a journal in memory.
class baton_process {
public:
  struct options {
    world& in;
    std::string controller, pid;
    simulated_journal& journal;
    simulated_store::fate dies;
    std::function<succession(const lease_owner&)> judge_owner;
  };

  baton_process(options how, plan_ptr todo, records_ptr so_far);
  baton_process(const baton_process&) = delete;
  baton_process& operator=(const baton_process&) = delete;
  ~baton_process();

  void cancel(const std::string& by);
  /// kill -9: from now on nothing that its actors do is seen or heard outside.
  void die();
  bool is_dead() const;
  /// Null until the run is over, or cannot go on.
  result_ptr told() const;

  bool settle();
  std::optional<duration> next() const;
  void move_to(duration now);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton::simulate
