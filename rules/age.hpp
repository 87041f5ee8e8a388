#pragma once

#include "messages/time.hpp"

namespace baton {

/// Whether a run that was cut off was asked for so long ago that nobody can still mean it: it is
/// taken back rather than gone on with. A clock that was set back makes no run old.
bool is_too_old(time_point requested_at, time_point now, duration max_age) noexcept;

} // namespace baton
