#pragma once

#include "messages/time.hpp"

#include <cstdint>

/// When a lease may be taken from its owner: only from one that is proven dead.

namespace baton {

/// The owner's process, as far as it can be looked for on this machine.
enum class owner_process : std::uint8_t {
  elsewhere, ///< of another machine or container, or before a reboot of this one: nobody can look
  lives,
  gone,
};

/// The owner's run, as this controller's own journal has it.
enum class owner_run : std::uint8_t {
  foreign,    ///< not in it
  unfinished, ///< can be gone on with from here
  ended,
};

struct owner_signs {
  owner_process process = owner_process::elsewhere;
  owner_run run = owner_run::foreign;
  duration silent{0}; ///< by the uptime of the host that is leased
};

enum class succession : std::uint8_t {
  wait,   ///< it lives, or may live
  resume, ///< it is dead, and its run is to be gone on with
  take,   ///< it is dead, and nobody can go on with its run from here
};

bool is_dead(const owner_signs& of, duration dead_after) noexcept;
succession succession_of(const owner_signs& of, duration dead_after) noexcept;

} // namespace baton
