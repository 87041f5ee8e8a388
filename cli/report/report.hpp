#pragma once

#include "cli/report/story.hpp"
#include "messages/result.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// How a run ended, and where it ended badly why, on one page: a plain model, made of the run's
/// records, that each form of the page is rendered from (render.hpp).

namespace baton {

/// Something that went wrong, on one host or on several in the same way.
struct reported_failure {
  std::vector<std::string> hosts; ///< `controller`, too; empty: it is nobody's
  std::string phase;              ///< that was open: also `guard:P`, `rollback:P`, `ending`
  std::string stage;              ///< that a look between or behind the stages found ill; or empty
  std::string step;               ///< `activate`; of a cancel empty
  int attempt = 1;
  int attempts_max = 1; ///< that the phase has
  std::string code;     ///< `image_missing`
  std::string why;
  std::string cancelled_by; ///< no failure, but somebody's wish
  bool decided = false;     ///< the verdict is by this one
  time_point at;
};

/// The end of what a step has printed; of several hosts where it is the same, line by line.
struct reported_output {
  std::vector<std::string> hosts;
  std::string phase;
  std::string step;
  std::vector<std::string> lines;
};

struct reported_host {
  std::string name;
  host_verdict now;
};

/// A host that should have been brought back, and was not.
struct reported_rest {
  std::string host;
  std::string why;
  bool tried = true; ///< false: the request did not want it, or the host is another's
};

/// What to do, or where to look: words (Baton's own, with names of hosts at most), a command line,
/// or both.
struct advice {
  std::string words;
  std::string command;
};

struct run_report {
  std::string run, fleet, environment, ref, commit, requested_by;
  time_point requested_at;
  std::optional<time_point> ended;
  duration took{0};

  std::optional<enum status> status; ///< empty: unfinished
  bool under_way = false;            ///< unfinished, and somebody works at it
  std::string phase;                 ///< that decided, or in which it is
  bool deployed = false;             ///< some host serves the new release
  std::string cancelled_by;
  std::string why;   ///< empty: nothing went wrong
  std::string tests; ///< what the tests' report says, where they failed; else empty

  std::vector<reported_failure> failures; ///< in order: the first is what failed first
  std::vector<reported_output> outputs;   ///< of the steps that failed; unfinished: also that run
  std::vector<std::string> silent;        ///< hosts that failed and whose output is not here
  std::vector<reported_output> running;   ///< of an unfinished run, without lines

  std::vector<std::string> rolled_back; ///< hosts
  std::vector<std::string> put_back;    ///< further hosts whose secret files are the old ones
  std::vector<reported_rest> not_rolled_back;
  std::vector<reported_host> hosts;     ///< in the order of the stages
  std::vector<std::string> not_touched; ///< hosts
  std::vector<std::string> warnings;
  std::vector<advice> next; ///< what to do
  std::vector<advice> look; ///< where to look further
};

/// The end of a step's output, `bytes_max` bytes at most; empty when nothing is kept.
using output_end = std::function<std::string(const std::string& step_id, std::size_t bytes_max)>;

/// `how` is the verdict of the same story. `worker_pid`: of an unfinished run, who works at it
/// still; empty: nobody.
run_report make_report(const plan& of, const run_story& story, const result& how,
                       const output_end& output, std::optional<int> worker_pid = {});

} // namespace baton
