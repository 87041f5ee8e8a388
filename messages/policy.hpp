#pragma once

#include "messages/time.hpp"

#include <cstdint>
#include <string_view>

namespace baton {

/// What a rollback covers, narrowest first.
enum class scope : std::uint8_t { none, self, upstream, all };

/// How a finished run ended, best first: of several the worst wins.
/// `aborted` stands apart: nothing that serves was touched.
enum class status : std::uint8_t { success, partial_success, rolled_back, failed, aborted };

enum class severity : std::uint8_t { none, info, warning, critical };

enum class after_failure : std::uint8_t { stop, go_on };

enum class role : std::uint8_t { staging, production, public_facing };

/// What follows when a phase has failed for good.
struct failure_policy {
  scope rollback = scope::all;
  status ends = status::aborted;
  severity alert = severity::warning;
  after_failure then = after_failure::stop;

  bool operator==(const failure_policy&) const = default;
};

/// How often and how patiently a phase is tried on a target. Attempt n+1 begins
/// min(cap, base * factor^(n-1)) after attempt n failed, drawn from its upper half with jitter.
struct retry_policy {
  int attempts_max = 1; ///< 1-based: 1 means no retry
  duration base = std::chrono::seconds{5};
  double factor = 2;
  duration cap = std::chrono::seconds{60};
  bool jitter = true;

  bool operator==(const retry_policy&) const = default;
};

std::string_view to_string(scope value) noexcept;
std::string_view to_string(status value) noexcept;
std::string_view to_string(severity value) noexcept;
std::string_view to_string(after_failure value) noexcept;
std::string_view to_string(role value) noexcept; ///< `public` for public_facing

} // namespace baton
