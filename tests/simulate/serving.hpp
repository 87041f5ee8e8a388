#pragma once

#include "messages/time.hpp"

#include <map>
#include <string>
#include <vector>

namespace baton::simulate {

/// What is recorded of a release: see runtime/scripts/record.sh.
struct release_record {
  std::string state, commit;
};

/// The files of one stack on one machine: its release records and its checkout.
struct stack_files {
  std::string current, last_good, running;
  std::map<std::string, release_record> releases;
  std::string head;

  bool is_release(const std::string& id) const;
  std::string state_of(const std::string& id) const;
  /// What a failed run goes back to; empty: nothing ran before it.
  std::string rollback_target() const;
};

/// A stack: its files, and what really runs.
struct simulated_stack {
  stack_files files;
  std::map<std::string, duration> processes; ///< since when, by release

  /// `r0`, `r0+r1`, `-` for nothing.
  std::string serves() const;

  /// What it served since when, and which run's step made it so (empty: a fault, or the beginning).
  struct change {
    duration at;
    std::string serves, by;
  };
  std::vector<change> history;
};

} // namespace baton::simulate
