#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace baton::test {

/// A terminal of ASCII, as far as the live view uses one: it wraps, scrolls into `above`, and moves
/// its cursor as it is told. Like some real ones it pushes a whole screen that is erased from its
/// top left corner into what is above.
class screen {
public:
  screen(std::size_t columns, std::size_t rows) : columns_{columns}, rows_(rows) {}

  void write(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\x1b')
        i = escape(text, i + 1);
      else if (text[i] == '\r')
        column_ = 0;
      else if (text[i] == '\n')
        line_feed(), column_ = 0;
      else
        put(text[i]);
    }
  }

  /// Fewer or more rows; what is below the cursor goes first.
  void resize_rows(std::size_t to) {
    while (rows_.size() > to && row_ + 1 < rows_.size())
      rows_.pop_back();
    while (rows_.size() > to)
      scroll(), rows_.pop_back(), row_ = rows_.size() - 1;
    rows_.resize(to);
  }

  std::vector<std::string> shown() const {
    auto all = rows_;
    while (!all.empty() && all.back().empty())
      all.pop_back();
    return all;
  }

  std::vector<std::string> above;

private:
  std::size_t escape(std::string_view text, std::size_t at) {
    if (text[at] == '7')
      saved_row_ = row_, saved_column_ = column_;
    if (text[at] == '8')
      row_ = saved_row_, column_ = saved_column_;
    if (text[at] != '[')
      return at;
    const auto end = text.find_first_of("ABJKlhm", at);
    const auto argument = text.substr(at + 1, end - at - 1);
    const auto count =
        argument.empty() ? 1 : std::strtoul(std::string{argument}.c_str(), nullptr, 10);
    switch (text[end]) {
    case 'A':
      row_ -= std::min<std::size_t>(row_, count);
      break;
    case 'B':
      row_ = std::min<std::size_t>(rows_.size() - 1, row_ + count);
      break;
    case 'J':
      if (row_ == 0 && column_ == 0)
        for (const auto& one : shown())
          above.push_back(one);
      for (auto row = row_ + 1; row < rows_.size(); ++row)
        rows_[row].clear();
      [[fallthrough]];
    case 'K':
      rows_[row_].resize(std::min(rows_[row_].size(), column_));
      break;
    default:
      if (argument == "?7")
        wraps_ = text[end] == 'h';
    }
    return end;
  }

  void put(char c) {
    if (column_ == columns_) {
      column_ = wraps_ ? 0 : columns_ - 1;
      if (wraps_)
        line_feed();
    }
    rows_[row_].resize(std::max(rows_[row_].size(), column_ + 1), ' ');
    rows_[row_][column_++] = c;
  }

  void line_feed() {
    if (row_ + 1 < rows_.size())
      ++row_;
    else
      scroll();
  }

  void scroll() {
    above.push_back(rows_.front());
    rows_.erase(rows_.begin());
    rows_.emplace_back();
  }

  std::size_t columns_;
  std::vector<std::string> rows_;
  std::size_t row_ = 0, column_ = 0, saved_row_ = 0, saved_column_ = 0;
  bool wraps_ = true;
};

} // namespace baton::test
