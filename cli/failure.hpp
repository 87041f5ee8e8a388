#pragma once

#include "cli/command.hpp"
#include "messages/json.hpp"
#include "runtime/config/config_fault.hpp"

#include <string>
#include <vector>

namespace baton {

/// Why a command did not do what it is for, where no run tells of it by its result. Thrown by the
/// commands and their helpers; main says it.
struct command_failed {
  command_failed(int code, error cause);
  command_failed(int code, std::string text); ///< whole lines, or empty when people know all
  command_failed(int code, std::vector<config_fault> all);

  int exit_code;
  std::string message; ///< for people: whole lines
  error why;
  std::vector<config_fault> faults; ///< of baton.yaml
};

/// Whether somebody reads stdout as JSON: `--json` or `--events`, also on a command line that is
/// wrong.
bool wants_json(int argc, const char* const* argv);

/// What stands on stdout in the place of the result: {schema, error, error_detail, exit_code}, and
/// `faults`, where baton.yaml has some.
ordered_json to_json(const command_failed& failure);
ordered_json to_json(const config_fault& fault);

/// The message on stderr, the document on stdout for who reads JSON there; the exit code.
int tell(const cli_context& context, const command_failed& failure);

} // namespace baton
