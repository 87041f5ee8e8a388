#include "cli/view/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace baton {

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (n < 0 && errno != EINTR) {
      return;
    } else if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
}

terminal_size size_of(int fd) {
  winsize told{};
  if (::ioctl(fd, TIOCGWINSZ, &told) == 0 && told.ws_col > 0 && told.ws_row > 0)
    return {told.ws_col, told.ws_row};
  return {};
}

bool can_redraw(int fd) {
  const char* const term = std::getenv("TERM");
  return ::isatty(fd) == 1 && term && *term && std::string_view{term} != "dumb";
}

bool in_background(int fd) {
  const auto owner = ::tcgetpgrp(fd); // fails where nobody shares it
  return owner >= 0 && owner != ::getpgrp();
}

struct quiet_keys::before {
  int fd;
  termios settings;
};

quiet_keys::quiet_keys(int fd) {
  termios settings{};
  // From the background it would stop us, and the keys are not ours.
  if (in_background(fd) || ::tcgetattr(fd, &settings) != 0)
    return;
  before_ = std::make_unique<const before>(before{fd, settings});
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(fd, TCSANOW, &settings);
}

quiet_keys::~quiet_keys() {
  if (before_ && !in_background(before_->fd))
    ::tcsetattr(before_->fd, TCSANOW, &before_->settings);
}

} // namespace baton
