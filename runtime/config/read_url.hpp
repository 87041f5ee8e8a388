#pragma once

#include "runtime/config/view.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace baton {

/// A URL with one of these schemes (`https://`), without blanks and without a secret: it is shown
/// and journaled. `wanted` says in words what the schemes are, `secret_goes` where a secret
/// belongs. Faults are noted at `in`, and hold no secret of what was given.
void read_url(const view& in, std::string& into, std::initializer_list<std::string_view> schemes,
              const std::string& wanted, const std::string& secret_goes);

} // namespace baton
