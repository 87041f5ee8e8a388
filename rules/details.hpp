#pragma once

#include "rules/run.hpp"

namespace baton {

/// What each phase did, in the plan's order, without the guards between them.
std::vector<std::pair<std::string, phase_details>> details_of(const plan& of, const run& now,
                                                              time_point at);

} // namespace baton
