#pragma once

#include "messages/error.hpp"
#include "runtime/ssh/resolve.hpp"

#include <string>
#include <string_view>

namespace baton::ssh {

/// Whoever runs this, from the user database as with ssh, whatever $HOME says.
struct local_user {
  std::string name;
  std::string home;
};
local_user this_user();

/// A file name of the ssh config with `~`, `%` tokens and `${ENV}` put in, as ssh_config(5) has
/// them for IdentityFile.
expected<std::string> expand_path(std::string_view text, const resolved_endpoint& to,
                                  const local_user& me);

/// A command line of the ssh config with its `%` tokens put in. Nobody quotes what is put in, so it
/// is refused when it could mean more than a name to a shell.
expected<std::string> expand_command(std::string_view text, const resolved_endpoint& to,
                                     const local_user& me);

} // namespace baton::ssh
