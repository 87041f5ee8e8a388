#pragma once

#include "messages/actors.hpp"

#include <memory>

namespace baton {

/// Hears a run. Called by one thread at a time, in order; what it does holds up nobody else.
class observer {
public:
  observer() = default;
  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;
  virtual ~observer() = default;

  /// A record has become durable.
  virtual void on_record(const record& what) = 0;

  /// A running step has printed something.
  virtual void on_output(const output_note&) {}
};

struct listener_state {
  static inline const char* name = "listener";
  std::shared_ptr<observer> hears;
};

/// An observer as an actor. An observer that throws is not called again.
listener_actor::behavior_type listener(listener_actor::stateful_pointer<listener_state> self,
                                       std::shared_ptr<observer> hears);

} // namespace baton
