#pragma once

#include "tests/simulate/world.hpp"

#include <set>
#include <string>
#include <vector>

namespace baton::simulate {

/// What is known of one ended run from outside: its result, its journal, and what machines saw of
/// it. Shares no code with rules/, so that no promise is judged by what makes it.
class evidence {
public:
  evidence(world& in, const ended_run& of);

  const ended_run& run() const { return run_; }
  const plan& of() const { return *run_.plan; }
  const result& told() const { return *run_.told; }
  const std::vector<record>& journal() const { return journal_; }

  void broken(const std::string& what);

  /// Whether somebody may not have been able to ask the host since then.
  bool is_troubled(const std::string& host, duration since) const;
  /// Whether the run has heard that a host belongs to another.
  bool has_lost(const std::string& host) const { return lost_.contains(host); }
  bool has_touched(const std::string& host, const std::string& stack) const;
  /// Whether the run has meant to touch it: the step may not have come to its first effect.
  bool has_meant_to_touch(const std::string& host) const;
  bool is_said_not_to_be_back(const std::string& host) const;
  bool is_report_only(const std::string& host) const;

  /// The moment from which on the run must have known what a stack serves: its last look there, or
  /// what it did itself after that.
  duration known_since(const std::string& host, const std::string& stack) const;
  /// All that it served from then on until the run ended.
  std::set<std::string> served(const std::string& host, const std::string& stack) const;
  /// What the run itself left it serving; what befell the machine later does not count.
  std::string left_serving(const std::string& host, const std::string& stack) const;
  /// What it should serve once it has gone back: `-` for nothing.
  std::string before(const std::string& host, const std::string& stack) const;

  /// The line of the verdict about one stack.
  const host_verdict& line(const std::string& host, const std::string& stack) const;

  /// Stages that a failure of this phase takes back, by the plan's policy. Empty: no such phase.
  std::set<std::size_t> covered(const std::string& phase, scope over) const;
  const phase* find_phase(const std::string& id) const;
  std::size_t place_of_phase(const std::string& id) const;

private:
  world& in_;
  const ended_run& run_;
  const std::vector<record>& journal_;
  std::set<std::string> lost_;
};

// Each family of promises in a file of its own.
void judge_verdict(world& in, evidence& by);
void judge_rollback(world& in, evidence& by);
void judge_course(world& in, evidence& by);
void judge_looks(world& in, evidence& by);
void judge_pauses(evidence& by);
void judge_remains(world& in, evidence& by);
void judge_replay(world& in, evidence& by);

} // namespace baton::simulate
