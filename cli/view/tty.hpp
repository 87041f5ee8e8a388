#pragma once

#include "actors/listener.hpp"
#include "cli/view/text.hpp"

#include <memory>
#include <string>

namespace baton {

/// The live view on a terminal: one block at the end of the output, redrawn five times a second by
/// a thread of its own, that follows the terminal's size.
class tty_view : public observer {
public:
  /// `fd` is a terminal that can_redraw.
  tty_view(int fd, charset shows, bool colour);
  ~tty_view() override;

  void on_record(const record& what) override;
  void on_output(const output_note& note) override;

  /// Lines for people that stay, above the block.
  void say(const std::string& text);

  /// Leaves the whole state on the terminal and draws nothing until `go_on`.
  void pause();
  void go_on();

  /// Leaves the whole last state on the terminal and draws no more. Safe to call twice.
  void finish();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
