#pragma once

#include "runtime/steps/control_shell.hpp"
#include "runtime/steps/shell_frames.hpp"

#include <optional>
#include <string_view>
#include <vector>

/// What the control shell's answers mean, read from their frames. Empty when a frame is none of
/// what the protocol allows; payloads are moved out of it.

namespace baton {

std::optional<step_report> report_of(shell_frames::frame& from);
std::optional<lease_report> lease_of(const shell_frames::frame& from);
std::optional<shell_facts> facts_of(const shell_frames::frame& from);
std::optional<std::vector<step_entry>> entries_of(std::string_view run,
                                                  const shell_frames::frame& from);

/// The error's code for the word of a refusal: `nospace`.
ec code_of_refusal(std::string_view word) noexcept;

/// Without newlines and spaces at its end.
std::string_view without_end(std::string_view text) noexcept;

} // namespace baton
