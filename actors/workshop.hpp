#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>

namespace baton {

/// Something that may block on files or programs of the controller.
struct errand {
  std::function<void()> what;
};

} // namespace baton

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::errand)

namespace baton {

using workshop_actor = caf::typed_actor<caf::reacts_to<errand>>;

/// Does errands one after the other: spawn it detached.
inline workshop_actor::behavior_type workshop() {
  return {[](const errand& one) { one.what(); }};
}

} // namespace baton
