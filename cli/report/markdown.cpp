#include "cli/report/page_data.hpp"
#include "cli/report/render.hpp"
#include "embedded/report.hpp"

#include <algorithm>

/// A code span ends at a run of backticks as long as the one that begins it, a fence at one as long
/// or longer; nothing within has any other meaning. A table's row is cut at `|` before anything
/// else is looked at.

namespace baton {

namespace {

std::size_t longest_run_of_backticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t now = 0;
  for (const char c : text) {
    now = c == '`' ? now + 1 : 0;
    longest = std::max(longest, now);
  }
  return longest;
}

std::string code_span(const std::string& text) {
  if (text.empty())
    return text;
  const std::string fence(longest_run_of_backticks(text) + 1, '`');
  // One space on both sides is taken off again; so is one that is the text's own.
  const bool padded = text.starts_with('`') || text.ends_with('`')
                      || (text.starts_with(' ') && text.ends_with(' '));
  const char* pad = padded ? " " : "";
  return fence + pad + text + pad + fence;
}

std::string code_in_cell(const std::string& text) {
  std::string made;
  std::size_t backslashes = 0;
  for (const char c : code_span(text)) {
    // An odd number of them in front makes it text, whoever counts.
    if (c == '|' && backslashes % 2 == 0)
      made += '\\';
    backslashes = c == '\\' ? backslashes + 1 : 0;
    made += c;
  }
  return made;
}

std::string fenced(const std::vector<std::string>& lines) {
  std::size_t longest = 2;
  std::string text;
  for (const auto& line : lines) {
    longest = std::max(longest, longest_run_of_backticks(line));
    text += line + "\n";
  }
  const std::string fence(longest + 1, '`');
  return fence + "text\n" + text + fence;
}

page_limits share_of(std::size_t part) {
  page_limits limits;
  limits.failures /= part;
  limits.lines /= part;
  limits.hosts /= part;
  limits.warnings /= part;
  limits.advice = std::max<std::size_t>(limits.advice / part, 2);
  limits.columns = std::max<std::size_t>(limits.columns / part, 40);
  limits.names = std::max<std::size_t>(limits.names / part, 40);
  return limits;
}

} // namespace

std::string as_markdown(const run_report& of) {
  std::string made;
  for (const std::size_t part : {1U, 2U, 4U, 8U, 32U}) {
    auto with = page_data(of, share_of(part), {code_in_cell, fenced});
    with.set("mark", mark_of(of, charset::utf8));
    made = fill_page(embedded::report_md_mustache, with, code_span, 1);
    if (made.size() <= markdown_bytes_max)
      break;
  }
  return made;
}

} // namespace baton
