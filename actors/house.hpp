#pragma once

#include "actors/host/parts.hpp"
#include "actors/keeper.hpp"
#include "actors/listener.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton {

/// The actors of one process, wired. Made by a command, ended with it; its members may be called
/// from any thread, `carry_out` from one at a time.
class house {
public:
  struct options {
    std::shared_ptr<const fleet> of;
    std::shared_ptr<record_store> store;
    std::vector<std::shared_ptr<observer>> observers;
    host_house hosts; ///< `build`, `on_output` and `owner` are filled in here when empty
  };

  explicit house(options with);
  house(const house&) = delete;
  house& operator=(const house&) = delete;
  ~house();

  /// Carries a run out to its verdict and blocks meanwhile. `so_far`: the durable records of a run
  /// that was interrupted.
  result carry_out(const std::shared_ptr<const plan>& todo,
                   const std::shared_ptr<const std::vector<record>>& so_far = nullptr);

  /// Tells the run in progress that somebody wants it to stop; `by`: `SIGINT`.
  void cancel(std::string by);

  /// Kills what the run has under way on its targets and begins nothing more; then the process is
  /// to end, and the run can be gone on with. Blocks until each step was killed or could not be
  /// asked, at most for `patience`; false: not all of it was done by then.
  bool halt(duration patience);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
