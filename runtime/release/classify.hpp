#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace baton::release {

/// What a command that failed says about itself.
struct command_failure {
  std::string kind; ///< of `run` in lib.sh: git, remote, config, pull, build, engine, user
  std::string name; ///< `docker compose pull`
  int status = 1;
  std::string said;           ///< the end of its output
  bool disk_was_full = false; ///< where its output is kept, so that its reason may not be there
};

/// The error: code and whether trying again may help by what the tool said, and a sentence with
/// the command, its status and the end of what it said.
error classify(const command_failure& what);

} // namespace baton::release
