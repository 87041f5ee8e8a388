#pragma once

#include "cli/workspace.hpp"
#include "messages/plan.hpp"
#include "rules/recall.hpp"

#include <set>
#include <string>
#include <vector>

namespace baton {

/// Asks each host of an environment, or of those stages of it, which good releases it keeps.
/// Changes nothing there. Throws command_failed.
std::vector<kept_stack> look_for_kept(const cli_context& context, const workspace& in,
                                      const std::string& environment,
                                      const std::set<std::string>& stages);

/// What the fact `kept` of a pre-flight's look says: `RELEASE COMMIT RUN AT`, a line each.
std::vector<kept_release> kept_from(const std::string& text);

} // namespace baton
