#pragma once

#include "messages/plan.hpp"

#include <string>

namespace baton {

/// What a run is going to do, phase by phase, for people. Several lines, each ended.
std::string plan_text(const plan& of);

} // namespace baton
