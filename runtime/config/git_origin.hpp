#pragma once

#include <optional>
#include <string>

namespace baton {

/// `git -C folder remote get-url origin`; none when there is no work tree, no such remote, or no
/// git. Blocks for 10 s at most.
std::optional<std::string> git_origin(const std::string& folder);

} // namespace baton
