#include "cli/view/tty.hpp"

#include "cli/view/model.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace baton {

namespace {

time_point wall_clock() {
  return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n <= 0)
      return; // the terminal is gone: there is nobody to tell
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

struct size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

size size_of(int fd) {
  winsize told{};
  if (::ioctl(fd, TIOCGWINSZ, &told) == 0 && told.ws_col > 0 && told.ws_row > 0)
    return {told.ws_col, told.ws_row};
  return {};
}

std::size_t columns_of(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

constexpr auto redraw_interval = std::chrono::milliseconds{200};
constexpr auto heartbeat_interval = std::chrono::seconds{30};

} // namespace

struct tty_view::impl {
  int fd;
  bool ascii;
  bool colour;
  std::mutex mutex;
  std::condition_variable changed;
  view_model view;
  std::vector<std::string> drawn; ///< what stands on the screen
  bool done = false;
  std::thread drawer;

  impl(int to, bool plain_ascii, bool with_colour)
      : fd{to}, ascii{plain_ascii}, colour{with_colour} {}

  std::string coloured(const std::string& line) const {
    if (!colour)
      return line;
    const auto starts = [&](std::string_view with) { return line.rfind(with, 0) == 0; };
    const char* code = starts(" ✔") || starts(" +")   ? "32"
                       : starts(" ✘") || starts(" x") ? "31"
                       : starts(" ●") || starts(" *") ? "36"
                                                      : nullptr;
    return code ? std::string{"\x1b["} + code + "m" + line + "\x1b[0m" : line;
  }

  /// With the mutex held: the block goes, `above` stays in its place, the block comes again.
  void redraw(const std::string& above = "") {
    const auto now = size_of(fd);
    // A narrower terminal has wrapped what was drawn: it stands on more rows by now.
    std::size_t rows = 0;
    for (const auto& line : drawn)
      rows += std::max<std::size_t>(1, (columns_of(line) + now.columns - 1) / now.columns);
    std::string text;
    if (rows > 0)
      text += "\x1b[" + std::to_string(std::min(rows, now.rows)) + "A";
    text += "\r\x1b[J" + above;
    drawn = draw(view, wall_clock(), now.columns - 1, now.rows - 1, ascii);
    for (const auto& line : drawn)
      text += coloured(line) + "\n";
    write_all(fd, text);
  }

  void run() {
    std::unique_lock lock{mutex};
    while (!done) {
      if (view.of)
        redraw();
      changed.wait_for(lock, redraw_interval, [this] { return done; });
    }
  }
};

tty_view::tty_view(int fd, bool ascii, bool colour)
    : impl_{std::make_unique<impl>(fd, ascii, colour)} {
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
  if (impl_->done)
    write_all(impl_->fd, text + "\n");
  else
    impl_->redraw(text + "\n");
}

void tty_view::finish() {
  {
    std::lock_guard lock{impl_->mutex};
    if (impl_->done)
      return;
    impl_->done = true;
    if (impl_->view.of)
      impl_->redraw();
  }
  impl_->changed.notify_all();
  impl_->drawer.join();
}

struct plain_view::impl {
  int fd;
  std::mutex mutex;
  std::condition_variable ended;
  view_model view;
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
  bool done = false;
  std::thread heart;

  explicit impl(int to) : fd{to} {}

  /// With the mutex held.
  void say(time_point at, const std::string& text) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(at - day)};
    const auto two = [](auto n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    write_all(fd, two(clock.hours().count()) + ":" + two(clock.minutes().count()) + ":"
                      + two(clock.seconds().count()) + " " + printable(text, 2000) + "\n");
    last = std::chrono::steady_clock::now();
  }

  void beat() {
    std::unique_lock lock{mutex};
    while (!done) {
      ended.wait_until(lock, last + heartbeat_interval, [this] { return done; });
      if (done || std::chrono::steady_clock::now() < last + heartbeat_interval)
        continue;
      const auto now = wall_clock();
      std::string what = "still at it";
      for (const auto& [id, step] : view.active)
        what += ": " + step.unit + " " + step.what + " for " + human_duration(now - step.since);
      say(now, what);
    }
  }
};

namespace {

/// A record as a line for people; empty where it says nothing they need.
std::string line_of(const view_model& view, const record& what) {
  struct teller {
    const view_model& view;

    std::string operator()(const event::run_requested& e) const {
      return "run " + e.plan->run + ": " + e.plan->request.commit_hash + " to "
             + e.plan->request.environment;
    }
    std::string operator()(const event::phase_started& e) const { return e.phase + ": started"; }
    std::string operator()(const event::step_started& e) const {
      return e.phase + ": " + unit_name(*view.of, e.of) + ": " + std::string{to_string(e.kind)}
             + (e.attempt > 1 ? " (attempt " + std::to_string(e.attempt) + ")" : "");
    }
    std::string operator()(const event::step_ended& e) const {
      auto text =
          e.phase + ": " + unit_name(*view.of, e.of) + ": " + std::string{to_string(e.kind)};
      text += e.outcome.why ? " failed: " + describe(*e.outcome.why) : " ok";
      for (const auto& note : e.outcome.notes)
        text += "; " + note;
      return text;
    }
    std::string operator()(const event::step_stopped& e) const {
      return e.phase + ": " + unit_name(*view.of, e.of) + ": stopping "
             + std::string{to_string(e.kind)};
    }
    std::string operator()(const event::retry_scheduled& e) const {
      return e.phase + ": " + unit_name(*view.of, e.of) + ": attempt " + std::to_string(e.attempt)
             + " follows";
    }
    std::string operator()(const event::retry_due&) const { return ""; }
    std::string operator()(const event::phase_ended& e) const {
      return e.phase + ": " + std::string{to_string(e.outcome)};
    }
    std::string operator()(const event::rollback_started& e) const {
      std::string hosts;
      for (const auto of : e.units)
        hosts += (hosts.empty() ? "" : ", ") + unit_name(*view.of, of);
      return "rolling back after " + e.phase + ": "
             + (hosts.empty() ? "nothing was changed" : hosts);
    }
    std::string operator()(const event::cancel_requested& e) const {
      return "cancelled by " + e.by;
    }
    std::string operator()(const event::alert_raised& e) const {
      return "ALERT " + std::string{to_string(e.severity)} + ": " + e.text;
    }
    std::string operator()(const event::run_finished& e) const {
      return "finished: "
             + std::string{e.result->status ? to_string(*e.result->status) : "unfinished"};
    }
  };
  return std::visit(teller{view}, what.what);
}

} // namespace

plain_view::plain_view(int fd) : impl_{std::make_unique<impl>(fd)} {
  impl_->heart = std::thread{[this] { impl_->beat(); }};
}

plain_view::~plain_view() {
  {
    std::lock_guard lock{impl_->mutex};
    impl_->done = true;
  }
  impl_->ended.notify_all();
  impl_->heart.join();
}

void plain_view::on_record(const record& what) {
  std::lock_guard lock{impl_->mutex};
  fold_record(impl_->view, what);
  if (auto line = line_of(impl_->view, what); !line.empty())
    impl_->say(what.at, line);
}

} // namespace baton
