#include "cli/report/render.hpp"

#include "cli/report/page_data.hpp"
#include "embedded/report.hpp"

namespace baton {

namespace {

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += (text.empty() ? "" : "\n") + line;
  return text;
}

std::string as_it_is(const std::string& text) {
  return text;
}

std::string escaped_html(const std::string& text) {
  std::string made;
  for (const char c : text)
    switch (c) {
    case '&':
      made += "&amp;";
      break;
    case '<':
      made += "&lt;";
      break;
    case '>':
      made += "&gt;";
      break;
    case '"':
      made += "&quot;";
      break;
    case '\'':
      made += "&#39;";
      break;
    default:
      made += c;
    }
  return made;
}

} // namespace

std::optional<report_form> report_form_from_string(std::string_view name) noexcept {
  if (name == "text")
    return report_form::text;
  if (name == "md")
    return report_form::markdown;
  if (name == "html")
    return report_form::html;
  return std::nullopt;
}

std::string as_text(const run_report& of, charset shows) {
  page_limits limits;
  limits.columns = 4000; // of an error's words none is lost
  limits.names = 1000;
  auto with = page_data(of, limits, {as_it_is, joined_lines});
  with.set("mark", mark_of(of, shows));
  return printable_lines(fill_page(embedded::report_txt_mustache, with, as_it_is), shows);
}

std::string as_html(const run_report& of) {
  auto with = page_data(of, {}, {as_it_is, joined_lines});
  with.set("mark", mark_of(of, charset::utf8));
  return fill_page(embedded::report_html_mustache, with, escaped_html);
}

std::string render(const run_report& of, report_form form, charset shows) {
  switch (form) {
  case report_form::markdown:
    return as_markdown(of);
  case report_form::html:
    return as_html(of);
  case report_form::text:
    break;
  }
  return as_text(of, shows);
}

} // namespace baton
