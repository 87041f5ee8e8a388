#pragma once

#include "tests/rules/support/player.hpp"

#include <string>

/// Promises that hold for every run, whatever the fleet: judged on the model of the hosts and on
/// the journal, never on what rules/ thinks.

namespace baton::test {

/// Every promise that this run breaks, a line each; empty: none.
std::string broken_promises(const played& show);

} // namespace baton::test
