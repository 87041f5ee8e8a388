#pragma once

#include <string>
#include <string_view>

namespace baton {

/// The text that makes a plain sh the control shell: its functions, and the call that starts it.
std::string control_program(std::string_view marker, std::string_view nonce,
                            std::string_view state_dir);

/// A step's script as it is sent: the prelude, BATON_STEP, then the text itself.
std::string step_program(std::string_view id, std::string_view script);

/// The function that takes one file (upload.sh).
std::string upload_program();

} // namespace baton
