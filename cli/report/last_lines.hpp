#pragma once

#include "cli/report/report.hpp"

#include <string_view>

namespace baton {

/// Lines that are shown of one step, and of all together where there are several.
inline constexpr std::size_t output_lines_max = 20;
inline constexpr std::size_t output_lines_of_all = 40;
/// So many steps whose output is shown.
inline constexpr std::size_t outputs_max = 6;
/// A line is cut there, in columns.
inline constexpr std::size_t output_columns_max = 200;

/// The last lines of a text that say something, as a terminal would show them: of what is written
/// over itself (a bar of progress) the last, of the same line again and again one, printable, cut.
/// `is_cut`: the text begins somewhere in a line.
std::vector<std::string> last_lines(std::string_view text, std::size_t lines_max, bool is_cut);

/// What the steps printed that failed last, or were waited for: host by host, those with the same
/// lines together. Where a step has printed nothing, what the step before it on that host did.
/// Hosts whose output is left out are added to `silent`.
std::vector<reported_output> outputs_of(const plan& of, const run_story& story,
                                        const output_end& read, std::vector<std::string>& silent);

} // namespace baton
