#include "runtime/steps/shell_program.hpp"

#include "embedded/steps.hpp"
#include "runtime/shell_quote.hpp"

namespace baton {

namespace {

// Each step has its supervisor's text in its folder, so comments stay at home.
std::string without_comments(std::string_view text) {
  std::string bare;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    const auto first = line.find_first_not_of(' ');
    if (first != std::string_view::npos && line[first] != '#')
      (bare += line.substr(first)) += '\n';
    if (end == std::string_view::npos)
      break;
    text.remove_prefix(end + 1);
  }
  return bare;
}

/// All of the control shell's program but its last line: the same for every connection.
std::string control_functions() {
  const auto process = without_comments(embedded::process_sh);
  const auto supervisor = process + "b_worker=" + shell_quote(without_comments(embedded::worker_sh))
                          + '\n' + without_comments(embedded::supervisor_sh);
  return process + "b_program=" + shell_quote(supervisor) + '\n'
         + without_comments(embedded::control_lease_sh)
         + without_comments(embedded::control_steps_sh) + without_comments(embedded::control_sh);
}

} // namespace

std::string control_program(std::string_view marker, std::string_view nonce,
                            std::string_view state_dir) {
  static const auto functions = control_functions();
  return functions + "b_main " + std::string{marker} + ' ' + std::string{nonce} + ' '
         + shell_quote(state_dir) + '\n';
}

std::string upload_program() {
  return without_comments(embedded::upload_sh);
}

std::string step_program(std::string_view id, std::string_view script) {
  static const auto prelude = without_comments(embedded::step_prelude_sh);
  std::string text = "export BATON_STEP=" + shell_quote(id) + '\n' + prelude;
  text += script;
  return text;
}

} // namespace baton
