#pragma once

#include "messages/error.hpp"

#include <string>
#include <vector>

namespace baton {

/// Starts this very program once more, in a session of its own, in `/`, with these words behind its
/// name, and does not wait: it outlives this process. It inherits nothing but the environment, of
/// that no variable that is a secret by its name or content; its input and outputs are /dev/null,
/// its signals as at the start of a program. Error: it could not be started.
expected<void> start_detached(const std::vector<std::string>& words);

} // namespace baton
