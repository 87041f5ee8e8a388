#pragma once

#include "messages/error.hpp"
#include "messages/fleet.hpp"
#include "messages/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The window in which a unit must show that it serves well: a fold over looks.

namespace baton {

/// What one look at a unit found.
struct health_look {
  time_point asked;             ///< when the question went out
  time_point at;                ///< when its answer came; what it says was so at some time between
  bool seen = false;            ///< false: it, or who should ask it, could not be asked; the rest
                                ///< but `ill` says nothing
  bool healthy = false;         ///< all checks and containers; true where there is nothing to ask
  bool runs = true;             ///< anything at all
  bool serves_wanted = true;    ///< runs exactly the release it should
  bool hopeless = false;        ///< cannot get better: a container gave up and nothing restarts it
  duration start_left{0};       ///< how long the containers' own checks may still say `starting`
  std::int64_t restarts = 0;    ///< of all its containers since they were made
  std::vector<std::string> ill; ///< a line each, for people
};

/// How patient the looking is.
struct health_terms {
  duration steady{0};      ///< healthy for so long without a break; 0: one good look is enough
  duration deadline{0};    ///< an ill unit fails after this, own start periods added; 0: at once
  duration unreachable{0}; ///< a unit that cannot be asked fails after this; 0: at once
  duration interval = std::chrono::seconds{1}; ///< between looks
};

/// The terms of a deploy's or verification's gate.
health_terms gate_terms(const health_policy& from);
/// The terms of a guard: one look, with patience only for a host that cannot be asked.
health_terms guard_terms(const fleet& from);

enum class health_word : std::uint8_t { keep_looking, steady, ill };

/// The looks so far.
struct health_window {
  health_terms terms;
  time_point begun;
  time_point own_start_ends;              ///< latest end of the containers' own start periods
  std::optional<time_point> steady_since; ///< first good look of the unbroken row
  std::optional<time_point> unseen_since; ///< first of the unbroken row of looks without answer
  std::optional<health_look> last;
  bool was_healthy = false;
};

struct health_verdict {
  health_word word = health_word::keep_looking;
  time_point look_at;       ///< keep_looking: when to look again
  std::optional<error> why; ///< ill: code, sentence, whether it may get better
};

health_window begin_window(const health_terms& terms, time_point begun);

/// One more look. Looks come in the order of time.
health_window fold(health_window&& so_far, const health_look& one);

/// What the looks so far mean. Ask after each fold; before the first it is keep_looking.
health_verdict judge(const health_window& looks);

} // namespace baton
