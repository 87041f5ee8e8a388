#pragma once

#include "actors/watch.hpp"
#include "metrics/recorder.hpp"

#include <memory>

namespace baton {

/// Tells the numbers of what becomes of actors.
watch_ptr metered_actors(std::shared_ptr<recorder> by);

} // namespace baton
