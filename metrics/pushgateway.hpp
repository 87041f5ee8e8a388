#pragma once

#include "messages/error.hpp"

#include <string>

namespace baton {

struct pushgateway {
  std::string url;
  std::string login_file; ///< has `USER:PASSWORD`; empty: no login
};

/// Hands an exposition to a Prometheus Pushgateway, in the place of what this controller has pushed
/// before: its group is `job` baton and `instance` the controller's name, for the series name their
/// fleets themselves. Blocks, at most some seconds. Errors: usage (no such URL), unreachable,
/// timed_out, step_failed (the gateway refuses it), and those of reading the file with the login;
/// the words do not have the login.
expected<void> push_metrics(const pushgateway& to, const std::string& controller,
                            const std::string& exposition);

} // namespace baton
