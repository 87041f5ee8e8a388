#pragma once

#include "cli/report/report.hpp"
#include "cli/view/text.hpp"

#include <kainjow/mustache.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The page as what templates are filled in with, for the files of render.hpp.

namespace baton {

/// What of a page is shown at most; the rest is counted.
struct page_limits {
  std::size_t failures = 10;
  std::size_t lines = 20; ///< of each output
  std::size_t hosts = 60; ///< more: those that stand alike as one
  std::size_t warnings = 20;
  std::size_t advice = 12;
  std::size_t columns = 600; ///< of a text
  std::size_t names = 300;   ///< columns of a list of names
};

/// How a form says what its template cannot.
struct page_style {
  std::function<std::string(const std::string&)> cell;               ///< of a table
  std::function<std::string(const std::vector<std::string>&)> block; ///< lines of output
};

/// Texts are one line each, printable and cut, not escaped; but those in `NAME_cell` and `block`
/// are as the style has them. What is not there is false.
kainjow::mustache::data page_data(const run_report& of, const page_limits& limits,
                                  const page_style& style);

/// Whether it ended well, for one look: under way is neither.
const char* mark_of(const run_report& of, charset shows);

/// A template, filled in; a section that is left out leaves nothing, and of several empty lines in
/// a row `blank_max` stay. Throws std::logic_error for a template that is wrong.
std::string fill_page(std::string_view text, const kainjow::mustache::data& with,
                      const std::function<std::string(const std::string&)>& escape,
                      std::size_t blank_max = 0);

} // namespace baton
