#include "cli/view/block.hpp"

namespace baton {

namespace {

constexpr std::string_view to_row_start = "\r";
constexpr std::string_view erase_below = "\x1b[J"; // and what is right of the cursor
// From the top left corner some terminals would push all of the screen into their scrollback first:
// so the row is erased by itself, then what is below it.
constexpr std::string_view erase_block = "\r\x1b[K\0337\x1b[B\x1b[J\0338";
constexpr std::string_view erase_right = "\x1b[K";
constexpr std::string_view down = "\x1b[B"; // never scrolls
constexpr std::string_view save_cursor = "\0337";
constexpr std::string_view restore_cursor = "\0338";
constexpr std::string_view no_wrap = "\x1b[?7l";
constexpr std::string_view wrap = "\x1b[?7h";

} // namespace

std::string block::draw(const std::vector<std::string>& lines, terminal_size now) {
  if (lines.empty())
    return {};
  const auto last = lines.size() - 1;
  std::string text{to_row_start};
  if (lines.size() > room_ || now != size_) {
    text += erase_block;
    text.append(last, '\n');
    if (last > 0)
      text += "\x1b[" + std::to_string(last) + "A";
    room_ = lines.size();
    size_ = now;
  }
  text += save_cursor; // not counted back: a screen that has shrunk has fewer rows to go down
  text += no_wrap;
  for (std::size_t i = 0; i <= last; ++i) {
    text += lines[i];
    if (i < last) {
      text += erase_right;
      text += to_row_start;
      text += down;
    }
  }
  text += erase_below;
  text += restore_cursor;
  text += wrap;
  return text;
}

std::string block::above(std::string_view lines) {
  room_ = 0;
  return std::string{erase_block}.append(lines);
}

std::string block::leave(const std::vector<std::string>& lines) {
  std::string all;
  for (const auto& line : lines)
    all += line + "\n";
  return above(all);
}

} // namespace baton
