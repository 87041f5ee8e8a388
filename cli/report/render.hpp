#pragma once

#include "cli/report/report.hpp"
#include "cli/view/text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The page in its forms. What comes from hosts, from baton.yaml or from people may be anything: it
/// stands there as text, whatever it looks like. The templates lie beside this file.

namespace baton {

enum class report_form : std::uint8_t { text, markdown, html };

/// `text`, `md`, `html`; nothing for another word.
std::optional<report_form> report_form_from_string(std::string_view name) noexcept;

/// For a terminal: several lines, each ended. Of a good run only what each host serves.
std::string as_text(const run_report& of, charset shows);

/// No longer than this, in bytes: GitHub takes 65,536 characters.
inline constexpr std::size_t markdown_bytes_max = 65'000;

/// For a comment on GitHub, GitLab and the like. Whatever is not Baton's own stands in code, where
/// nobody is mentioned and nothing is linked.
std::string as_markdown(const run_report& of);

/// For mail: a whole document with styles of its own, that loads nothing and runs nothing.
std::string as_html(const run_report& of);

/// In that form. `shows` is for the text.
std::string render(const run_report& of, report_form form, charset shows);

} // namespace baton
