#include "rules/routing.hpp"

#include <algorithm>

namespace baton {

namespace {

template <class T, class Value>
bool holds(const std::vector<T>& in, const Value& value) {
  return std::find(in.begin(), in.end(), value) != in.end();
}

/// Somebody must look at the hosts now: exit code 2.
constexpr int person_needed = 2;

struct loudness {
  severity operator()(const event::run_requested&) const { return severity::info; }

  severity operator()(const event::phase_ended& ended) const {
    switch (ended.outcome) {
    case phase_outcome::ok:
      return severity::info;
    case phase_outcome::failed:
    case phase_outcome::cancelled:
      return severity::warning;
    default:
      return severity::none;
    }
  }

  severity operator()(const event::rollback_started&) const { return severity::warning; }
  severity operator()(const event::cancel_requested&) const { return severity::warning; }
  severity operator()(const event::alert_raised& alert) const { return alert.severity; }
  severity operator()(const event::message_given_up&) const { return severity::warning; }
  severity operator()(const event::channel_stopped&) const { return severity::critical; }

  severity operator()(const event::run_finished& finished) const {
    const auto& how = *finished.result;
    if (!how.status)
      return severity::none;
    if (how.exit_code == person_needed)
      return severity::critical;
    switch (*how.status) {
    case status::success:
      return severity::info;
    case status::partial_success:
      return severity::critical;
    case status::rolled_back:
      return ended_by_cancel(how) ? severity::warning : severity::critical;
    default:
      return severity::warning;
    }
  }

  template <class Other>
  severity operator()(const Other&) const {
    return severity::none;
  }
};

} // namespace

severity severity_of(const event_t& what) {
  return std::visit(loudness{}, what);
}

std::vector<recipient> recipients(const alert_policy& by, const event_t& what) {
  std::vector<recipient> found;
  const auto how_loud = severity_of(what);
  for (const auto& route : by.routes) {
    if (!holds(route.events, type_name(what)) || !holds(route.severities, how_loud))
      continue;
    for (const auto& name : route.channels)
      if (std::none_of(found.begin(), found.end(),
                       [&](const recipient& one) { return one.channel == name; }))
        found.push_back({name, route.text_template});
  }
  return found;
}

bool ended_by_cancel(const result& how) {
  return how.cancelled && how.why && how.why->code == ec::cancelled;
}

bool needs_a_person(const result& how) {
  if (!how.status || *how.status == status::success)
    return false;
  if (how.exit_code == person_needed || *how.status == status::partial_success)
    return true;
  return *how.status != status::aborted && !ended_by_cancel(how);
}

} // namespace baton
