#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/signal_name.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

/// Programs run on the controller itself: git, ssh -G, the alert hook. Never through a shell.

namespace baton {

struct process_request {
  std::vector<std::string> argv;          ///< argv[0] is looked up in PATH
  std::string input;                      ///< its standard input; empty: /dev/null
  std::map<std::string, std::string> env; ///< over the environment of this process
  std::string folder;                     ///< to run in; empty: the current one
  duration deadline = std::chrono::seconds{60};
  duration grace = std::chrono::seconds{2}; ///< between TERM and KILL of its process group
  std::size_t output_max = 1u << 20;        ///< bytes kept of each of stdout and stderr
  bool ends_when_cut = false;               ///< more output than that ends it, as the deadline does
  std::stop_token cancel = {};              ///< asks for an early end
  std::shared_ptr<const redactor> secrets;  ///< taken out of what it prints; null: none is known
};

/// How it ended: one of exit, signal; the flags say who sent the signal.
struct process_end {
  std::optional<int> exit;
  std::string signal; ///< without SIG: `KILL`
  bool deadline_hit = false;
  bool cancelled = false;
  std::string out; ///< the first `output_max` bytes
  std::string err;
  bool cut = false; ///< there was more output than was kept

  bool ok() const { return exit == 0; }
};

/// Runs a program to its end; blocks, so never on an actor's or a reactor's thread. May be called
/// from several threads. The child has a process group of its own, no other descriptors than
/// 0–2, default signals. On the deadline, or when cancelled, its whole group gets TERM, after
/// `grace` KILL. What it prints beyond `output_max` is read and dropped. A grandchild that keeps
/// the pipes open does not hold us up. Error: it could not be started (missing_tool when there is
/// no such program).
expected<process_end> run_process(const process_request& request);

/// Null when it ended with status 0; else an error `code` that names `doing`, the status or signal
/// and the end of what it said on stderr (else stdout).
std::optional<error> failure_of(const process_end& end, ec code, std::string doing);

/// The last lines of some output as one, `; ` between them: at most `bytes` of whole lines where
/// possible, trimmed.
std::string last_lines(std::string_view output, std::size_t bytes = 600);

} // namespace baton
