#pragma once

#include <chrono>

namespace baton {

/// Every length of time in Baton: milliseconds, on the wire as a number of seconds.
using duration = std::chrono::milliseconds;

/// A moment of the wall clock, UTC, on the wire as RFC 3339.
using time_point = std::chrono::sys_time<std::chrono::milliseconds>;

} // namespace baton
