#pragma once

#include "cli/report/report.hpp"

namespace baton {

/// What to do next, and where to look further: of what the report says already.
void advise(run_report& to, const plan& of, const result& how, std::optional<int> worker_pid);

} // namespace baton
