#pragma once

#include "cli/view/block.hpp"

#include <memory>
#include <string_view>

namespace baton {

/// Writes all of it, also to a terminal that is slow or was made non-blocking by somebody else. A
/// terminal that is gone hears nothing, and nobody is told.
void write_all(int fd, std::string_view text);

/// As it is now; 80 by 24 where it does not say.
terminal_size size_of(int fd);

/// Whether a block can be drawn there in place: a terminal, and one that can move its cursor.
bool can_redraw(int fd);

/// Whether the terminal belongs to others now: a shell that has put us aside.
bool in_background(int fd);

/// While it lives, keys are not echoed: they would move what is drawn in place. Ctrl-C and its like
/// go on working.
class quiet_keys {
public:
  explicit quiet_keys(int fd);
  quiet_keys(const quiet_keys&) = delete;
  quiet_keys& operator=(const quiet_keys&) = delete;
  ~quiet_keys();

private:
  struct before;
  std::unique_ptr<const before> before_;
};

} // namespace baton
