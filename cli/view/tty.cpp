#include "cli/view/tty.hpp"

#include "cli/view/block.hpp"
#include "cli/view/draw.hpp"
#include "cli/view/terminal.hpp"

#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

namespace baton {

namespace {

constexpr auto redraw_interval = std::chrono::milliseconds{200};
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

std::string coloured(const std::string& line) {
  const auto starts = [&](std::string_view with) { return line.rfind(with, 0) == 0; };
  const char* code = starts(" ✔") || starts(" +")   ? "32"
                     : starts(" ✘") || starts(" x") ? "31"
                     : starts(" ●") || starts(" *") ? "36"
                                                    : nullptr;
  return code ? std::string{"\x1b["} + code + "m" + line + "\x1b[0m" : line;
}

} // namespace

struct tty_view::impl {
  const int fd;
  const charset shows;
  const bool colour;
  std::mutex mutex; // for all below but the thread
  std::condition_variable ended;
  view_model view;
  block on_screen;
  std::optional<quiet_keys> keys;
  bool paused = false;
  bool done = false;
  std::thread drawer;

  impl(int to, charset can_show, bool with_colour)
      : fd{to}, shows{can_show}, colour{with_colour}, keys{std::in_place, to} {}

  std::vector<std::string> lines(terminal_size within) const {
    const auto now = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
    // The last column stays free: a cursor behind it is in no agreed place.
    auto made = draw(view, now, within.columns - 1, within.rows, shows);
    if (colour)
      for (auto& line : made)
        line = coloured(line);
    return made;
  }

  std::string redrawn() {
    if (paused || done || in_background(fd))
      return {};
    const auto now = size_of(fd);
    return on_screen.draw(lines(now), now);
  }

  void leave() {
    if (!paused && !done)
      write_all(fd, on_screen.leave(lines({size_of(fd).columns, no_limit})));
    keys.reset();
  }

  void run() {
    std::unique_lock lock{mutex};
    while (!done) {
      write_all(fd, redrawn());
      ended.wait_for(lock, redraw_interval, [this] { return done; });
    }
  }
};

tty_view::tty_view(int fd, charset shows, bool colour)
    : impl_{std::make_unique<impl>(fd, shows, colour)} {
  impl_->drawer = std::thread{[this] { impl_->run(); }};
}

tty_view::~tty_view() {
  finish();
}

void tty_view::on_record(const record& what) {
  std::lock_guard lock{impl_->mutex};
  fold_record(impl_->view, what);
}

void tty_view::on_output(const output_note& note) {
  std::lock_guard lock{impl_->mutex};
  fold_output(impl_->view, note.step_id, note.text);
}

void tty_view::say(const std::string& text) {
  std::lock_guard lock{impl_->mutex};
  auto lines = printable_lines(text, impl_->shows);
  if (!impl_->paused && !impl_->done)
    lines = impl_->on_screen.above(lines);
  lines += impl_->redrawn();
  write_all(impl_->fd, lines);
}

void tty_view::pause() {
  std::lock_guard lock{impl_->mutex};
  impl_->leave();
  impl_->paused = true;
}

void tty_view::go_on() {
  std::lock_guard lock{impl_->mutex};
  if (!impl_->done)
    impl_->keys.emplace(impl_->fd);
  impl_->paused = false;
}

void tty_view::finish() {
  {
    std::lock_guard lock{impl_->mutex};
    if (impl_->done)
      return;
    impl_->leave();
    impl_->done = true;
  }
  impl_->ended.notify_all();
  impl_->drawer.join();
}

} // namespace baton
