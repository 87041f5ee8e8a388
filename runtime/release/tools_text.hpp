#pragma once

#include "messages/plan.hpp"

#include <string>

namespace baton::release {

/// each_tool: its arguments with CODE WHAT FILE of each script of the user's that this run will
/// want on that target (secrets).
std::string tools_text(const plan& of, const std::string& target);

} // namespace baton::release
