#pragma once

#include "cli/command.hpp"
#include "messages/plan.hpp"

namespace baton {

/// `baton plan`, and `baton deploy --dry-run`: prints what a deployment would do and change, and
/// changes nothing. Returns the exit code: 69 when a host cannot be asked, else 0; with `tells` 1
/// when something would change.
int show_plan(const cli_context& context, const request& asked, bool as_json, bool tells);

} // namespace baton
