#pragma once

#include "cli/failure.hpp"
#include "cli/view/text.hpp"
#include "messages/fleet.hpp"
#include "messages/plan.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/secrets/printed_secrets.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace baton {

/// What most commands begin with: the fleet, the state folder, the journal.
struct workspace {
  std::string config_file;
  std::shared_ptr<const struct fleet> fleet;
  std::filesystem::path state;
  std::shared_ptr<class journal> journal;
  std::shared_ptr<printed_secrets> printed = std::make_shared<printed_secrets>();
};

/// The value; else throws command_failed with that exit code and the error's words.
template <class T>
T or_fail(expected<T> value, int code = exit_code::io_error) {
  if (!value)
    throw command_failed{code, value.error()};
  return std::move(*value);
}
inline void or_fail(const expected<void>& done, int code = exit_code::io_error) {
  if (!done)
    throw command_failed{code, done.error()};
}

/// The fleet of the file that is meant. Throws command_failed (66 no file, 78 faults, all of them).
std::shared_ptr<const fleet> open_fleet(const cli_context& context, std::string* file = nullptr);

/// The journal of the state folder. Throws command_failed (74).
std::shared_ptr<journal> open_journal();

/// All of it.
workspace open_workspace(const cli_context& context);

/// The run with that id, or whose id begins so. Of none: the last of the fleet whose file is found
/// here; without such a file, or with a broken one, of any. Throws command_failed (66).
run_row run_named(const cli_context& context, const journal& in, const std::string& id);

/// Where a fleet's commands log: the file of baton.yaml, else that of the state folder.
std::filesystem::path log_file_of(const fleet& of);

/// The host of that name. Throws command_failed (64), with the name that may be meant.
const host& host_of(const fleet& in, const std::string& name);

/// This machine's name.
std::string controller();

/// Whoever runs this process.
std::string user_name();

/// `user@controller`, for records and leases.
std::string who_asks();

/// From where, as far as that is known: `ssh 192.0.2.7, pts/3`, `no terminal`.
std::string where_from();

/// Notes in a plan which verb wants it, and from where.
void sign(plan& what, std::string verb);

/// The owner of a lease, as one line of JSON: user, controller, its boot id, pid
/// and start time.
std::string lease_owner_json();

/// A run's id: sorts by time, lower case, fits an image tag and a snapshot's name.
std::string new_run_id();

/// Of an argument that may be missing, but not empty: `baton ack "$RUN"` with nothing in RUN does
/// not mean all of them.
std::string is_named(const std::string& argument);

/// Whether a person sees it.
bool is_terminal(int fd);
/// Colours: on a terminal only, and not with NO_COLOR, TERM=dumb, --no-color.
bool wants_colour(const cli_context& context, int fd);
/// What the user's locale can show.
charset locale_charset();

/// Asks yes or no on the terminal; false also when nobody can be asked.
bool confirm(const cli_context& context, const std::string& question);

} // namespace baton
