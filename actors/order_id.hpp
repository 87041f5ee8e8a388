#pragma once

#include "messages/actors.hpp"

#include <string>

namespace baton {

/// The id of the step that an order asks for.
inline std::string id_of(const work_order& order) {
  const auto& step = order.step;
  return step_id(*order.plan, step.phase, step.kind, step.of, step.attempt);
}

} // namespace baton
