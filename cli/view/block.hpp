#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

struct terminal_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool operator==(const terminal_size&) const = default;
};

/// A block of lines at the end of what a terminal shows, drawn again and again in its place. Gives
/// the bytes to be written; knows no terminal itself.
///
/// Between drawings the cursor rests on the first row of the block, not below it: however a
/// terminal wraps lines anew when it is resized, its cursor stays with the text it was on, so
/// nobody needs to know how many rows the old drawing takes by now. While a block is drawn no line
/// is wrapped, and the screen is scrolled only to make room: with a size that is true no longer, a
/// line is cut, and nothing is left behind. (What a terminal itself pushes out of a screen that has
/// become too small for it, nobody can take back.)
class block {
public:
  /// The block is now these lines: no more than the rows, none longer than the columns.
  std::string draw(const std::vector<std::string>& lines, terminal_size now);

  /// Whole lines that stay, in the place of the block, which has to be drawn again below them.
  std::string above(std::string_view lines);

  /// The block stays as these lines, however many, and the cursor goes below it.
  std::string leave(const std::vector<std::string>& lines);

private:
  std::size_t room_ = 0; ///< rows from the cursor on that need no scrolling
  terminal_size size_;   ///< for which that is true
};

} // namespace baton
