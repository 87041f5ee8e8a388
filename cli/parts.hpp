#pragma once

#include "cli/run.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

/// The single parts of a run, alone: the same plan, rules and actors, with the rest left out.

namespace baton {

/// Which steps of a plan stay.
struct part {
  std::map<std::string, std::set<step_kind>> phases; ///< by phase id; an empty set: all its steps
  std::set<step_kind> ending;                        ///< of the plan's ending
  std::set<std::string> hosts;                       ///< empty: every host
  std::set<std::string> leased; ///< besides `hosts`: they do something for them
};

/// A plan of `fleet`'s environment (empty: one of all stages) with only that part in it. Nothing it
/// does is rolled back, no alert is raised.
plan plan_of_part(const fleet& in, const std::string& environment, const part& which);

/// Carries it out and prints the details of `phase`: as an entry of the result's `details`, or for
/// people. Returns the exit code: 0 when the phase is ok, else that of the result, at least 1.
int run_part(const cli_context& context, const workspace& in, plan todo, const std::string& phase,
             bool as_json, bool journaled);

} // namespace baton
