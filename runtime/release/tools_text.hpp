#pragma once

#include "messages/plan.hpp"

#include <string>

namespace baton::release {

/// each_tool: its arguments with CODE WHAT FILE of each script of the user's that this run will
/// want on that target (secrets).
std::string tools_text(const plan& of, const std::string& target);

/// For the controller, each_program: its arguments with PLACE PROGRAM of each command that prints
/// secrets, and B_PROGRAMS_IN, the folder that they run in.
std::string programs_text(const plan& of);

} // namespace baton::release
