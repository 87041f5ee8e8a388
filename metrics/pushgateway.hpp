#pragma once

#include "messages/error.hpp"

#include <string>

namespace baton {

/// Hands an exposition to a Prometheus Pushgateway, in the place of what this controller has pushed
/// before: its group is `job` baton and `instance` the controller's name, for the series name their
/// fleets themselves. Blocks, at most some seconds. Errors: usage (no such URL), unreachable,
/// timed_out, step_failed (the gateway refuses it); the words do not have the URL.
expected<void> push_metrics(const std::string& gateway, const std::string& controller,
                            const std::string& exposition);

} // namespace baton
