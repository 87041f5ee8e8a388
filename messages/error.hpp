#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace baton {

/// What went wrong, as far as anybody reacts to it differently. The names go out in
/// `error_detail.code`, in metrics (`reason`) and in logs; see `to_string`.
enum class ec : std::uint8_t {
  internal,         ///< a bug of ours, or an actor that died by one
  cancelled,        ///< stopped because somebody asked for it
  timed_out,        ///< the deadline passed
  unreachable,      ///< no connection: network, sshd, jump host, name
  connection_lost,  ///< the connection broke while in use
  host_key_unknown, ///< nothing known about this host's key
  host_key_changed, ///< another key than the known one, or a revoked one
  auth_failed,      ///< no identity was accepted
  lease_held,       ///< another run owns the host
  lease_lost,       ///< our fence is no longer the host's
  step_failed,      ///< a command ended with a status other than 0
  step_killed,      ///< a command was ended by a signal
  step_lost,        ///< nobody knows whether the step ran (reboot, kill -9 of its supervisor)
  missing_tool,     ///< git, docker, compose v2, setsid … is not there
  bad_commit,       ///< the ref or commit does not exist
  remote_git,       ///< the git remote cannot be reached, or refuses
  dirty,            ///< the work tree holds changes that would be lost
  no_space,         ///< the disk is full, or not free enough
  config_invalid,   ///< a file of the user is wrong (baton.yaml, compose.yaml)
  image_missing,    ///< an image or tag that does not exist, or a registry that refuses
  foreign_project,  ///< what runs belongs to another compose project
  unhealthy,        ///< runs, but its checks fail
  not_steady,       ///< was not healthy for long enough before the deadline
  wrong_release,    ///< serves something else than it should
  tests_failed,     ///< the user's tests ended badly
  secrets_failed,   ///< sync-secrets.sh failed, or what it left differs
  snapshot_failed,  ///< snapshot tool failed
  journal_failed,   ///< the journal cannot be read or written
  usage,            ///< bad arguments
};

/// The name of a code as it appears outside: `host_key_changed`.
std::string_view to_string(ec code) noexcept;

/// The code with that name; `ec::internal` for a name nobody knows.
ec ec_from_string(std::string_view name) noexcept;

/// Whether trying again can help by itself, for codes where the code alone tells.
bool retryable_by_nature(ec code) noexcept;

/// Why something did not work. A value: copied freely, compared never.
struct error {
  ec code = ec::internal;
  std::string what;                   ///< one sentence: what, where, what to do; no secrets
  std::string target;                 ///< host or `controller`; empty when none is concerned
  std::string step;                   ///< step id, or the name of what was tried; may be empty
  bool retryable = false;             ///< may get better by itself
  std::shared_ptr<const error> cause; ///< what led to this one; may be null
  /// Return addresses where it was made, innermost first; runtime/log turns them into names.
  std::vector<const void*> trace;
};

/// A value, or why there is none.
template <class T>
using expected = tl::expected<T, error>;

/// An error without a stack trace, for pure code; runtime/ uses `fault()` (runtime/fault.hpp).
tl::unexpected<error> unexpected(ec code, std::string what);

/// `what`, then `: ` and the causes' whats, outermost first.
std::string describe(const error& why);
/// The same, behind the target's name where the words do not have it.
std::string describe_where(const error& why);

} // namespace baton
