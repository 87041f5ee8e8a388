#pragma once

#include "messages/time.hpp"
#include "tests/simulate/chance.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace baton::simulate {

/// What can befall one step.
enum class mishap : std::uint8_t {
  none,
  fails_at_once,   ///< before it has done anything
  fails_half_way,  ///< after a part of its effect
  fails_though_ok, ///< all is done, and its exit status says otherwise
  fails_for_now,   ///< and another try may help
  lies,            ///< its exit status is 0, and nothing was done
  hangs,           ///< until it is told to end
  hangs_hard,      ///< until it is killed
  is_slow,         ///< ten times as long
  loses_leader,    ///< kill -9 of who waits for it: its status will be lost
  loses_supervisor,
  loses_all,
};

/// What can befall the world.
enum class mischief : std::uint8_t {
  step,        ///< `bad` befalls the step that begins just then
  drop,        ///< connections break, and are told so
  silence,     ///< connections break, and nobody is told
  unreachable, ///< for a while
  stall,       ///< the machine hangs for a while
  reboot,
  full_disk,
  cancel,
  crash,        ///< kill -9 of the controller
  power_loss,   ///< of the controller's machine
  journal_full, ///< it cannot be written for a while
  crash_before, ///< kill -9 just before a decision is durable
  crash_after,  ///< kill -9 just after it is durable, before anything of it is done
};

struct misfortune {
  mischief what = mischief::step;
  int at_step = -1;   ///< counted over all machines, from 0; -1: at a time
  int at_append = -1; ///< of the first controller's journal
  duration at{0};     ///< since the run began
  mishap bad = mishap::none;
  bool elsewhere = false; ///< on another machine than that of the step
  duration lasts{0};
  duration until_resumed{0}; ///< after a crash
  std::string by;            ///< cancel
};

inline duration seconds(int count) {
  return duration{count * 1000};
}

/// What a seed has in store: mostly little, for a run that meets many ends early.
std::vector<misfortune> draw_misfortunes(dice& by);

/// Only deaths of the controller: the verdict must be what it would have been without them.
std::vector<misfortune> draw_crashes(dice& by);

std::string_view to_string(mishap value);

} // namespace baton::simulate
