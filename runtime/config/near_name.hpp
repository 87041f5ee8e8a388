#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// The one of `known` that `wrong` was most likely meant to be: at most a third of its letters
/// differ (insert, delete, replace, swap of neighbours; case does not count), or `wrong` is its
/// beginning. Only the first 500 are compared. None when nothing is that near.
std::optional<std::string> near_name(std::string_view wrong, const std::vector<std::string>& known);

/// `did you mean "retry"?`, else `known are a, b, c` while they are few, else empty.
std::string suggest(std::string_view wrong, const std::vector<std::string>& known);

} // namespace baton
