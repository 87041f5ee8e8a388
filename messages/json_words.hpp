#pragma once

#include "messages/event.hpp"

#include <array>
#include <string_view>

/// The names of enumerators on the wire, for json_fields.hpp: `last` and `name()` of each.

namespace baton {

/// Enumerations that have a `to_string` of their own.
template <class E, E Last>
struct spoken_words {
  static constexpr E last = Last;
  static std::string_view name(E value) noexcept { return to_string(value); }
};

template <class E>
struct wire_words;

template <>
struct wire_words<scope> : spoken_words<scope, scope::all> {};
template <>
struct wire_words<status> : spoken_words<status, status::aborted> {};
template <>
struct wire_words<severity> : spoken_words<severity, severity::critical> {};
template <>
struct wire_words<after_failure> : spoken_words<after_failure, after_failure::go_on> {};
template <>
struct wire_words<role> : spoken_words<role, role::public_facing> {};
template <>
struct wire_words<snapshot_driver> : spoken_words<snapshot_driver, snapshot_driver::lvm> {};
template <>
struct wire_words<serves> : spoken_words<serves, serves::unknown> {};
template <>
struct wire_words<run_state> : spoken_words<run_state, run_state::finished> {};
template <>
struct wire_words<phase_outcome> : spoken_words<phase_outcome, phase_outcome::cancelled> {};
template <>
struct wire_words<phase_kind> : spoken_words<phase_kind, phase_kind::ending> {};
template <>
struct wire_words<step_kind> : spoken_words<step_kind, step_kind::release_lease> {};
template <>
struct wire_words<send_fault> : spoken_words<send_fault, send_fault::gone> {};

/// Enumerations of the fleet that are spoken of on the wire only; names in order from 0.
template <class E>
inline constexpr std::array<std::string_view, 0> listed_words{};

template <>
inline constexpr std::array<std::string_view, 4> listed_words<check_kind>{"http", "tcp", "command",
                                                                          "compose"};
template <>
inline constexpr std::array<std::string_view, 2> listed_words<image_source>{"pull", "build"};
template <>
inline constexpr std::array<std::string_view, 2> listed_words<source_kind>{"fetch", "push"};
template <>
inline constexpr std::array<std::string_view, 3> listed_words<dirty_policy>{"refuse", "discard",
                                                                            "keep"};
template <>
inline constexpr std::array<std::string_view, 2> listed_words<snapshot_covers>{"stack", "other"};
template <>
inline constexpr std::array<std::string_view, 3> listed_words<rollback_method>{"app", "snapshot",
                                                                               "app_then_snapshot"};
template <>
inline constexpr std::array<std::string_view, 2> listed_words<verify_mode>{"gate", "report"};
template <>
inline constexpr std::array<std::string_view, 2> listed_words<compare_mode>{"bytes", "keys"};
template <>
inline constexpr std::array<std::string_view, 3> listed_words<secrets_driver>{"none", "script",
                                                                              "builtin"};
template <>
inline constexpr std::array<std::string_view, 2> listed_words<secrets_scope>{"run", "fleet"};
template <>
inline constexpr std::array<std::string_view, 5> listed_words<channel_kind>{
    "telegram", "slack", "email", "webhook", "command"};
template <>
inline constexpr std::array<std::string_view, 2> listed_words<verification_rollback>{
    "all", "failing_stage"};

template <class E>
struct wire_words {
  static_assert(!listed_words<E>.empty(), "an enumeration whose names nobody has said");
  static constexpr E last = static_cast<E>(listed_words<E>.size() - 1);
  static std::string_view name(E value) noexcept {
    return listed_words<E>[static_cast<std::size_t>(value)];
  }
};

} // namespace baton
