#pragma once

#include "messages/event.hpp"

#include <string>
#include <vector>

namespace baton {

/// What is known of the run that an event belongs to.
struct run_words {
  std::string fleet;
  std::string environment;
  std::string ref;
  std::string requested_by;
};

/// The words that a person reads of an event: what happened, what each host serves now, what to do.
/// `id`, `text_template` and `event_json` are left to who sends it. `nth`: which reminder it is.
message message_of(const record& what, const run_words& of, int nth);

/// Several messages as one: each title with its text, the loudest severity.
message joined(const std::vector<message>& all);

/// `rolled back, running 1a2b3c4d5e6f`: how a run ended, in a few words.
std::string verdict_words(const result& how);

} // namespace baton
