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

fleet without_secrets();
request no_rollback();

/// Secret files belong to the release that a host serves, whatever happened.
void expect_secrets_fit(const played& show);

} // namespace baton::test
