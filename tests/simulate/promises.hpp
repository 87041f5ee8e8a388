#pragma once

#include "tests/simulate/world.hpp"

namespace baton::simulate {

/// Judges everything that can be judged from outside once a world has come to rest: what machines
/// really did and serve, against what the runs told and wrote down. Adds to `world::broken`.
void judge_promises(world& of);

} // namespace baton::simulate
