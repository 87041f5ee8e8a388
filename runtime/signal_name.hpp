#pragma once

#include <string_view>

namespace baton {

/// The name of a signal's number on Linux without SIG, `KILL`; empty when there is none.
std::string_view signal_name(int number) noexcept;

} // namespace baton
