#pragma once

#include "actors/listener.hpp"

#include <memory>
#include <string>

namespace baton {

/// The live view on a terminal: one block at the end of the output, redrawn five times a second by
/// a thread of its own, that follows the terminal's size. `finish` draws it a last time.
class tty_view : public observer {
public:
  /// `fd` is the terminal; `ascii` where the locale is not UTF-8.
  tty_view(int fd, bool ascii, bool colour);
  ~tty_view() override;

  void on_record(const record& what) override;
  void on_output(const output_note& note) override;

  /// A line for people that stays, above the block.
  void say(const std::string& text);

  /// Draws the last state and stops. Safe to call twice.
  void finish();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Plain lines for logs and pipes: one a step, with the time, and a sign of life every 30 s.
class plain_view : public observer {
public:
  explicit plain_view(int fd);
  ~plain_view() override;

  void on_record(const record& what) override;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
