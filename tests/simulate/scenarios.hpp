#pragma once

#include "tests/simulate/world.hpp"

namespace baton::simulate {

/// What a seed has in store. Every eighth seed only lets the controller die: the verdict must be
/// what it would have been without that.
scenario draw_scenario(std::uint64_t seed);

/// Whether only the controller dies in it, alone.
bool has_only_crashes(const scenario& what);

} // namespace baton::simulate
