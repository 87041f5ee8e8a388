#pragma once

#include "messages/plan.hpp"

#include <cstdint>
#include <random>

namespace baton::test {

/// A fleet that passes the check of policies, of up to five stages, whatever the seed.
fleet random_fleet(std::mt19937& by);

/// A request that fits it.
request random_request(std::mt19937& by);

/// One of 0 … most.
int up_to(std::mt19937& by, int most);
bool one_in(std::mt19937& by, int many);

} // namespace baton::test
