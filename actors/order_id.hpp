#pragma once

#include "messages/actors.hpp"

#include <string>

namespace baton {

/// The id of the step that an order asks for.
inline std::string id_of(const work_order& order) {
  const auto& step = order.step;
  return step_id(*order.plan, step.phase, step.kind, step.of, step.attempt);
}

/// The id of its looks, before their number. What an earlier process has asked for may have been
/// answered long ago: a run that is gone on with asks anew.
inline std::string look_id_of(const work_order& order, duration now) {
  return order.resumed ? id_of(order) + "/at-" + std::to_string(now.count()) : id_of(order);
}

} // namespace baton
