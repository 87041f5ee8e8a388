#pragma once

#include "tests/rules/support/player.hpp"

#include <string>

/// Short words for what tests let go wrong.

namespace baton::test {

trouble bad(const std::string& phase, step_kind kind, const std::string& host, mishap how);
/// Right before that step is carried out, once.
trouble meanwhile(const std::string& phase, step_kind kind, const std::string& host,
                  std::function<void(host_model&)> what);
/// While a step of the phase runs on the host (`controller`; `(back-off)`: while the phase waits).
trouble cancel_in(const std::string& phase, const std::string& host, const std::string& by);
trouble cancel_in(const std::string& phase, step_kind kind, const std::string& by);

/// The same, not more than so often.
trouble limited(trouble what, int times);

fleet without_secrets();
/// A staging host, then two production hosts with two stacks each and a snapshot driver.
fleet two_stacks(rollback_method with);
request no_rollback();

/// Secret files belong to the release that a host serves, whatever happened.
void expect_secrets_fit(const played& show);

// Those that most tests speak of.
inline const trouble vps_is_ill = bad("vps", step_kind::gate, "vps", fails(ec::unhealthy));
inline const trouble rtx_fails = bad("rtx1080", step_kind::gate, "rtx1080", fails());

} // namespace baton::test
