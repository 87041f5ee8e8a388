#pragma once

#include "messages/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// The longest time a baton.yaml can ask for: 30 days.
inline constexpr duration duration_max = std::chrono::days{30};

/// `10s`, `5m`, `1h30m`, `500ms`, `1.5s`, `2d`. None for anything else, or beyond the longest.
std::optional<duration> parse_duration(std::string_view text);

/// A number of seconds, as JSON or YAML wrote it: `10`, `0.5`. None when negative or too long.
std::optional<duration> parse_seconds(std::string_view text);

/// As `parse_duration` reads it, shortest: `1h30m`, `0s`.
std::string duration_text(duration value);

/// `10GB` = 10·10⁹, `512MiB`, `1.5T`, `4096`, `7 kB`; letters k or K, M, G, T. None for anything
/// else, or beyond 10¹⁸.
std::optional<std::int64_t> parse_size(std::string_view text);

/// As `parse_size` reads it, with the largest unit that divides it.
std::string size_text(std::int64_t bytes);

} // namespace baton
