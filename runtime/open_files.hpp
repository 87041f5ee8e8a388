#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <string>

namespace baton {

/// Sees to it that this process may have `wanted` files open: raises its soft limit, no further
/// than that since what it starts inherits it. Error when the hard limit does not allow it: `who`
/// needs them, and what to do.
expected<void> allow_open_files(std::size_t wanted, const std::string& who);

} // namespace baton
