#pragma once

#include "messages/policy.hpp"

#include <cstddef>

namespace baton {

/// How long to wait after attempt `failed` (1-based) before the next: min(cap, base·factor^(n-1)),
/// with jitter somewhere in its upper half, by `dice` in [0,1).
duration backoff(const retry_policy& by, int failed, double dice);

/// A throw of its own for each of many that are drawn at once, from one throw.
double spread(double dice, std::size_t nth);

} // namespace baton
