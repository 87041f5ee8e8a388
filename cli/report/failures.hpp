#pragma once

#include "cli/report/report.hpp"

namespace baton {

/// What went wrong, in order: those of the same moment of a phase that say the same of several
/// hosts as one. A cancel stands among them.
std::vector<reported_failure> failures_of(const plan& of, const run_story& story);

} // namespace baton
