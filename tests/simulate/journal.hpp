#pragma once

#include "actors/keeper.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace baton::simulate {

struct world;

/// The journal of one controller, in memory: it outlives the processes that write it.
struct simulated_journal {
  std::map<std::string, std::vector<record>> runs;
  std::set<std::string> begun;           ///< ids of the steps whose intent is durable
  std::map<std::string, plan_ptr> plans; ///< by run, as its first record has it
  int appends = 0;
  duration full_until{0};

  /// The records as a new process reads them: through their written form. A record does not change
  /// once it is there, so each goes that way once.
  const std::vector<record>& read_again(const std::string& run);

private:
  std::map<std::string, std::vector<record>> read_; ///< by run
};

/// What a process writes into it. `dies` is called where the seed lets the process die at just that
/// point; from then on nothing is written.
class simulated_store : public record_store {
public:
  enum class point { before, after };
  /// Whether the process dies at this point of this append.
  using fate = std::function<bool(point where, int append)>;

  simulated_store(world& in, simulated_journal& into, fate dies);

  expected<void> append(std::vector<record>& batch) override;
  expected<std::size_t> count(const std::string& run) override;
  expected<std::vector<record>> read(const std::string& run) override;

  void die() { is_dead_ = true; }

private:
  world& in_;
  simulated_journal& into_;
  fate dies_;
  bool is_dead_ = false;
};

} // namespace baton::simulate
