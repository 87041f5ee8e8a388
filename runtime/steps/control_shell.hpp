#pragma once

#include "messages/error.hpp"
#include "runtime/steps/lease.hpp"
#include "runtime/steps/step_report.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// What a target says of itself when its control shell is ready.
struct shell_facts {
  std::string boot_id;
  double uptime_seconds = 0;
  std::uint32_t uid = 0;
  std::string state_dir;            ///< absolute, as the target resolved it
  std::string shell;                ///< `dash`, `bash`, `busybox`, …; `sh` when it cannot be told
  std::string session_tool;         ///< `setsid`, or what stands in for it: `perl`, `python3`
  std::vector<std::string> missing; ///< tools that were looked for in vain: `docker`, `git`, …
  bool cgroup = false;              ///< kills are exact: each step has a cgroup of its own
  /// systemd-logind would kill running steps when the session ends (`KillUserProcesses=yes`
  /// without linger): `loginctl enable-linger` mends it.
  bool logind_kills = false;
};

/// The client's half of the control shell: what to send, and what the answers mean. No I/O,
/// clock or threads: the caller runs `exec /bin/sh` in a channel, writes there what it is given
/// here, and feeds back what the channel's stdout says (stderr is not for us). One thread at a
/// time.
///
/// Every request returns the bytes to be written and has its callback called exactly once, from
/// inside `feed` or `lost`, or at once when the request is senseless (then nothing is to be sent
/// and the bytes are empty). Requests may be written before earlier ones were answered, but none
/// before `bootstrap`'s callback was called. Callbacks may make new requests, but must not
/// destroy the control_shell or call `feed` or `lost`. Answers have no deadline of their own:
/// whoever waits keeps one, and calls `lost`.
///
/// A peer that does not keep to the protocol, or says more than was asked for, ends the
/// conversation: `broken()` tells why, everything pending fails with `connection_lost`, memory
/// stays bounded.
class control_shell {
public:
  template <class T>
  using callback = std::function<void(expected<T>)>;

  struct options {
    /// Where the target keeps leases and steps: an absolute path, or empty for
    /// `${XDG_STATE_HOME:-$HOME/.local/state}/baton` as the target expands it (without HOME
    /// `/var/tmp/baton-UID`).
    std::string state_dir;
    /// 32 hexadecimal digits that nobody can guess; empty: drawn from std::random_device.
    std::string nonce;
    /// The target's name, for errors.
    std::string target;
  };

  explicit control_shell(options how);
  control_shell(const control_shell&) = delete;
  control_shell& operator=(const control_shell&) = delete;
  ~control_shell();

  /// The first bytes to send. `ready` fails with `missing_tool` (no /proc, no way to make a
  /// session), `no_space`, or `step_failed` (the state folder cannot be used), each with the cause.
  std::string bootstrap(callback<shell_facts> ready);

  /// What the channel's stdout said.
  void feed(std::string_view bytes);

  /// The channel is gone: all that is pending fails with this, and so does what comes later.
  void lost(const error& why);

  /// Why no request will be answered any more; empty while all is well.
  const std::optional<error>& broken() const;

  /// Requests without an answer yet, `bootstrap` included.
  std::size_t pending() const;

  /// Called from `feed` when a step that was started through this shell is over or was refused:
  /// poll it now. A hint that saves waiting, not a promise: it is not sent for steps of earlier
  /// shells, nor when the step's supervisor was killed; poll with a back-off all the same.
  void on_step_over(std::function<void(const std::string& step_id)> hint);

  // --- the lease -------------------------------------------------------------------------------
  // `lease_lost`: the fence is not the target's, or the run is not the owner.

  std::string lease_acquire(const lease_request& what, callback<lease_report> answer);
  /// As acquire, from an owner that is dead; answers `holder` where the lease is not the one that
  /// was meant any more. Ends no steps: see `lease_report::to_end`.
  std::string lease_take(const lease_succession& what, callback<lease_report> answer);
  /// Nothing of `old_run` runs there any more.
  std::string lease_ended(std::string_view run, std::uint64_t fence, std::string_view old_run,
                          callback<void> answer);
  /// `owner`: the owner's line, where another process has gone on with the run; else empty.
  std::string lease_heartbeat(std::string_view run, std::uint64_t fence, std::string_view owner,
                              callback<void> answer);
  /// Gives it back, and raises the fence so that nothing late can start. Without effect (and no
  /// error) when nobody has it.
  std::string lease_release(std::string_view run, std::uint64_t fence, callback<void> answer);
  std::string lease_show(callback<lease_report> answer);
  /// Takes it from whoever has it, and raises the fence. Ends no steps: that is for the caller, who
  /// then says `lease_ended` under the fence that was answered; else the next owner is told to.
  /// With `run` from the owner that had it under that fence alone: else an error lease_lost.
  std::string lease_break(callback<lease_report> answer, std::string_view run = {},
                          std::uint64_t fence = 0);

  // --- steps -----------------------------------------------------------------------------------
  // What a target says of a step is a report, also `refused`; errors are for the conversation.

  /// Starts a step that is not known; says how a known one stands. `report.log` is from 0.
  std::string start(const step_start& what, callback<step_report> answer);
  /// How a step stands, and at most `log_max` bytes (up to 1 MiB) of its log from `log_offset`.
  std::string poll(std::string_view id, std::uint64_t log_offset, std::uint32_t log_max,
                   callback<step_report> answer);
  /// Has a running step stopped (TERM, grace, KILL); answers at once. Ask or poll again until
  /// `report.gone()`. Of a step that ended by itself nothing is killed.
  std::string kill(std::string_view id, callback<step_report> answer);
  /// What a step wrote to `$BATON_FACTS`; at most 1 MiB. Empty when there is none, and
  /// while it runs: may be asked for on the chance that it is over.
  std::string read_facts(std::string_view id, callback<step_facts_text> answer);
  /// Removes what is kept of a step that is not running (`step_failed` if it is). An effect that
  /// was forgotten can be started again.
  std::string forget(std::string_view id, callback<void> answer);
  /// The steps of a run that the target knows, in no particular order.
  std::string list(std::string_view run, callback<std::vector<step_entry>> answer);
  /// Removes the steps of all runs but the newest `keep`, the lease's owner and those that run;
  /// answers how many runs went.
  std::string prune(std::uint32_t keep, callback<std::uint32_t> answer);

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// 32 hexadecimal digits from std::random_device.
std::string random_nonce();

} // namespace baton
