#pragma once

#include "messages/error.hpp"

namespace baton {

/// An error with the stack trace of the caller; `retryable` as the code's nature says.
error make_error(ec code, std::string what, std::string target = {});

/// The same, ready to be returned from a function that returns `expected`.
tl::unexpected<error> fault(ec code, std::string what, std::string target = {});

/// The same with what led to it.
tl::unexpected<error> fault(ec code, std::string what, const error& cause);

/// The frames of a trace as text, innermost first, `function at file:line` as far as known.
/// Slow (it reads symbol tables): for the log only.
std::vector<std::string> symbolize(const std::vector<const void*>& trace);

} // namespace baton
