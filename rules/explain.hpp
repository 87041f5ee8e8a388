#pragma once

#include "messages/plan.hpp"
#include "messages/result.hpp"

#include <string>
#include <vector>

namespace baton {

/// "If this fails, then …": one line of `baton explain`.
struct explanation {
  std::string phase;                    ///< that fails
  std::string how;                      ///< `fails`, or `is found ill before NEXT`
  std::vector<std::string> rolled_back; ///< hosts whose stack goes back
  std::vector<std::string> put_back;    ///< further hosts whose secret files go back
  std::vector<std::string> keeps_new;   ///< hosts that serve the new release in the end
  status ends = status::success;
  severity alert = severity::none; ///< the gravest that is sent
  after_failure then = after_failure::stop;
  int exit_code = 0;
};

/// What each failure would mean for this plan, in the plan's order: every phase that fails (in its
/// last step, on all it concerns), and every guard that finds a stage ill. Found by playing the
/// plan through fold and next, so it cannot differ from what a run does.
std::vector<explanation> explain(const plan& of);

} // namespace baton
