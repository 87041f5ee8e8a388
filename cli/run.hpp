#pragma once

#include "actors/listener.hpp"
#include "cli/workspace.hpp"
#include "messages/plan.hpp"
#include "messages/result.hpp"

#include <functional>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace baton {

/// How a run is shown.
struct run_options {
  bool json = false;              ///< the result as the one document on stdout
  bool events = false;            ///< records as lines of JSON on stdout, the result last
  std::string progress = "auto";  ///< auto, tty, plain, quiet
  std::string metrics_file;       ///< exposition, written after each phase; empty: none
  bool journaled = true;          ///< false for what only looks: nothing of it is kept
  bool announced = true;          ///< the summary for people at the end
  std::shared_ptr<observer> also; ///< hears the run, too; null: nobody
  /// Asked once signals are heard by the run: by which it was ended while it waited for its turn.
  std::function<std::string()> ended_by;
  /// Of a run that is gone on with: by whom it is cancelled at once; empty: nobody.
  std::string cancelled_by;
};

/// The options of run_options that commands share, as flags.
void add_run_options(CLI::App& command, run_options& into);

/// Carries a plan out on this process's own actors, shows it, and ends with its result printed.
/// The first SIGINT, SIGTERM or SIGHUP cancels the run, the second ends the process. `so_far`: the
/// records of a run that was cut off; what it had begun is taken on, and what was done is not done
/// again.
result carry_out(const cli_context& context, const workspace& in,
                 const std::shared_ptr<const plan>& todo, const run_options& how,
                 const std::shared_ptr<const std::vector<record>>& so_far = nullptr);

} // namespace baton
