#pragma once

#include "messages/event.hpp"

#include <string>
#include <vector>

namespace baton {

/// How loud an event is; none: nobody is told of it.
severity severity_of(const event_t& what);

/// Somebody who is told of an event, and the template of his message.
struct recipient {
  std::string channel;
  std::string text_template;
  bool operator==(const recipient&) const = default;
};

/// Each channel that is told of an event of a run, once: by the first route that fits.
std::vector<recipient> recipients(const alert_policy& by, const event_t& what);

/// Whether it was a cancel that decided how a run ended, and not a failure before it.
bool ended_by_cancel(const result& how);

/// Whether a run ended so that a person has to know: reminders follow until somebody says that he
/// does, or a later run of the same environment is a success. Not when all was taken back because
/// somebody wanted it so.
bool needs_a_person(const result& how);

} // namespace baton
