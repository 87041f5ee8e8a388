#pragma once

#include "messages/event.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What a step is made of. A step of the rules (which phase, which unit) becomes a script for a
/// target here, and what the target answers becomes an outcome for the rules. Building and reading
/// are plain functions; running is the host actor's. Scripts are the files of runtime/scripts.

namespace baton {

class secret_contents;

/// A file that lies in the folder `$BATON_FILES` (0700, files 0600) when the script starts. The
/// folder is removed after the step.
struct job_file {
  std::string name; ///< one path component
  std::shared_ptr<const std::string> content;
};

struct job {
  std::string script;   ///< POSIX sh; see runtime/scripts/README.md for what it may rely on
  bool is_look = false; ///< read-only: no claim, no lease; may be repeated at will
  std::vector<job_file> files;
  std::size_t log_cap = 4u << 20; ///< bytes of output kept on the target
};

/// How a script ended. Exactly one of the first four says it.
struct job_end {
  std::optional<int> exit;
  std::string signal;        ///< without SIG
  bool deadline_hit = false; ///< killed because its deadline had passed
  bool kill_asked = false;   ///< killed because somebody asked for it
  bool lost = false;         ///< may or may not have run
  std::string facts;         ///< what the script wrote to $BATON_FACTS, at most 1 MiB
  std::string log_tail;      ///< the last 8 KiB of its output, UTF-8, redacted
  bool log_full = false;     ///< its disk was full when it printed something, which is lost
};

/// What a builder may know: all of it is in the journal already, but for the secrets.
struct job_context {
  const struct plan& plan;
  const event::step_started& step;
  const run_facts& facts;
  secret_contents* secrets = nullptr; ///< of this process; null: got anew for the one job
};

/// Builds the job of any step. May block (reads files, runs git on the controller): called on a
/// thread of its own. Steps of kind lease, release_lease, gate, guard, verify and verify_checks
/// are the actors' own; for gate, guard, verify and look it gives the script of one look.
expected<job> make_job(const job_context& context);

/// What the end of a job means. Never throws, whatever the target wrote.
step_outcome read_outcome(const job_context& context, const job_end& end);

} // namespace baton
