#pragma once

#include "rules/dead_owner.hpp"

#include <string>
#include <string_view>

namespace baton {

/// What this process says of itself as the owner of a lease: one line of JSON, with what is needed
/// to look for it (boot id, pid namespace, pid, start time). `version` 2.
std::string owner_line(std::string_view user, std::string_view controller);

/// Whether the process that wrote such a line still exists. A pid says something only under the
/// same kernel and in the same pid namespace, and is an identity only with its start time.
owner_process process_of(std::string_view line);

} // namespace baton
