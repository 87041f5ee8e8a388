#pragma once

#include "runtime/config/view.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace baton {

/// A URL with one of these schemes (`https://`), without blanks. `wanted` says in words what the
/// schemes are. Faults are noted at `in`, and hold no secret of what was given.
void read_url(const view& in, std::string& into, std::initializer_list<std::string_view> schemes,
              const std::string& wanted);

} // namespace baton
