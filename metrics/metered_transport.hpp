#pragma once

#include "metrics/recorder.hpp"
#include "runtime/transport.hpp"

#include <memory>

namespace baton {

/// A transport whose connections and bytes are counted; all else is the other one's.
std::shared_ptr<transport> metered(std::shared_ptr<transport> one, std::shared_ptr<recorder> by);

} // namespace baton
