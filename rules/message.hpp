#pragma once

#include "messages/event.hpp"

#include <cstddef>
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

/// How many of the first go as one, so that every channel takes all of it whole; at least one.
std::size_t joinable(const std::vector<message>& all);

/// Several messages in Baton's own words as one: its title says how many, and that of the most
/// serious; its text has each with its title, in their order. One is left as it is.
message joined(const std::vector<message>& all);

/// `rolled back, running 1a2b3c4d5e6f`: how a run ended, in a few words.
std::string verdict_words(const result& how);

} // namespace baton
