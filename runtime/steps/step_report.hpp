#pragma once

#include "runtime/signal_name.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// An `effect` is done once: leased, claimed, made durable before it runs. A `look` changes
/// nothing: it needs no lease and leaves nothing durable, but is supervised alike.
enum class step_mode : std::uint8_t { effect, look };

/// A step to be started on a target.
struct step_start {
  std::string id;     ///< `run/phase/target/attempt/index`; at most 200 bytes, not empty
  std::string script; ///< text for `/bin/sh`, at most 4 MiB; the prelude (`fact`) is put before it
  step_mode kind = step_mode::effect;
  std::uint64_t fence = 0;                       ///< what `lease_acquire` gave; not used by a look
  std::chrono::seconds deadline{600};            ///< kept by the target itself; at least 1 s
  std::chrono::seconds grace{10};                ///< from TERM to KILL
  std::uint64_t log_bytes_max = 8 * 1024 * 1024; ///< kept on the target's disk; at least 64 KiB
  /// How long the answer may be held back to see the end of a short step (the first poll in the
  /// same round trip). The control shell answers nobody else meanwhile. Zero: answer at once.
  std::chrono::milliseconds wait{50};
  /// How much of the log may come with the answer.
  std::uint32_t log_max = 64 * 1024;
};

/// ```
///            start                W claimed, runs          exit recorded
///   absent ─────────▶ running ─────────────▶ running ───────────────────▶ settling ──▶ done
///      │                 │ its supervisor was killed ▶ settling ──▶ done | lost | absent
///      └─▶ refused       └ other boot id ─────────────────────────▶ lost
/// ```
/// `absent`, `done`, `lost`, `refused` are final until somebody starts or forgets the step.
enum class step_state : std::uint8_t {
  absent,   ///< never claimed: starting it is safe
  running,  ///< claimed or about to be
  settling, ///< over, but not all is gone or written yet: ask again
  done,     ///< `status` tells how
  lost,     ///< claimed, and nobody will ever know how it ended (reboot, kill -9)
  refused,  ///< not claimed and never will be by this start: stale fence, or `refusal`
};

/// What a target says of a step.
struct step_report {
  step_state state = step_state::absent;
  bool started = false; ///< by the very request that this answers

  int status = -1;    ///< done: exit status, 0..255; above 128 it may be 128 + a signal's number
  std::string signal; ///< done: that signal's name without SIG, `KILL`; else empty. A script that
                      ///< says `exit 143` cannot be told from one that died of TERM
  bool deadline_hit = false; ///< it was stopped because of its deadline
  bool kill_asked = false;   ///< it was stopped because `kill` was asked
  bool rebooted = false;     ///< lost: the target has another boot id now
  bool orphan = false;       ///< running: its waiter is dead, its status will be lost
  bool remains = false;      ///< it was killed, and something of it could not be proven gone
  bool fence_stale = false;  ///< refused: another owner has the target now
  std::string refusal;       ///< refused: why, in the target's words

  std::string log;              ///< bytes as printed, stdout and stderr in one
  std::uint64_t log_offset = 0; ///< of `log`'s first byte; above what was asked when bytes between
                                ///< are gone (cap, full disk)
  bool log_more = false;        ///< ask again from `log_end()`: there was more than was asked for
  bool log_cut = false;         ///< some of the log was dropped
  bool log_full = false; ///< because its disk was full (what the step printed then may say so)
  std::uint64_t log_end() const { return log_offset + log.size(); }

  /// Whether nothing of the step runs any more, as far as the target can prove it.
  bool gone() const {
    return !remains && state != step_state::running && state != step_state::settling;
  }
};

/// A step of a run as `list` tells it.
struct step_entry {
  std::string id;
  step_mode kind = step_mode::effect;
  step_state state = step_state::absent;
  int status = -1; ///< when done
};

/// The facts file of a step, as it was written (see step_text.hpp).
struct step_facts_text {
  std::string text;
  bool cut = false; ///< it is longer than 1 MiB; `text` is its beginning
};

/// The name of a state for logs: `running`.
std::string_view to_string(step_state state) noexcept;

} // namespace baton
