#pragma once

#include "messages/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// RFC 3339 in UTC with milliseconds: `2026-01-31T09:05:00.250Z`.
std::string format_time(time_point value);

/// The moment a text of RFC 3339 names, cut to milliseconds; any offset, any fraction. Nothing
/// when it is not one.
std::optional<time_point> parse_time(std::string_view text);

} // namespace baton
