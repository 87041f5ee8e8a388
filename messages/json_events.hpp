#pragma once

#include "messages/json_fields.hpp"

/// What the members of the events are called on the wire.

namespace baton {

void fields(auto& v, is<unit_view> auto& x) {
  v("seen", x.seen);
  v("releases", x.releases);
  v("healthy", x.healthy);
  v("commit", x.commit);
  v("last_good", x.last_good);
  v("baseline", x.baseline);
  v("ill", x.ill);
  v("start_left", x.start_left);
  v("restarts", x.restarts);
  v("hopeless", x.hopeless);
}

void fields(auto& v, is<check_answer> auto& x) {
  v("stage", x.stage);
  v("check", x.check);
  v("ok", x.ok);
  v("why", x.why);
  v("asked", x.asked);
}

inline void from_json(const json& from, error& value) {
  value = error_from_json(from);
}

void fields(auto& v, is<step_outcome> auto& x) {
  v("why", x.why);
  v("view", x.view);
  v("checks", x.checks);
  v("facts", x.facts);
  v("notes", x.notes);
  v("changed_nothing", x.changed_nothing);
}

namespace event {

inline void fields(json_writer& v, const run_requested& x) {
  json_detail::append(v.made, "plan", x.plan ? to_json(*x.plan) : ordered_json{});
}

inline void fields(json_reader& v, run_requested& x) {
  x.plan = std::make_shared<const struct plan>(plan_from_json(v.at("plan")));
}

void fields(auto& v, is<phase_started> auto& x) {
  v("phase", x.phase);
}

void fields(auto& v, is<step_started> auto& x) {
  v("phase", x.phase);
  v("kind", x.kind);
  v("of", x.of);
  v("target", x.target);
  v("attempt", x.attempt);
  v("deadline", x.deadline);
}

void fields(auto& v, is<step_ended> auto& x) {
  v("phase", x.phase);
  v("kind", x.kind);
  v("of", x.of);
  v("attempt", x.attempt);
  v("outcome", x.outcome);
}

void fields(auto& v, is<step_stopped> auto& x) {
  v("phase", x.phase);
  v("kind", x.kind);
  v("of", x.of);
  v("attempt", x.attempt);
}

// `at` is the record's own key: the moment of the next attempt goes by another name.
void fields(auto& v, is<retry_scheduled> auto& x) {
  v("phase", x.phase);
  v("of", x.of);
  v("attempt", x.attempt);
  v("retry_at", x.at);
}

void fields(auto& v, is<retry_due> auto& x) {
  v("phase", x.phase);
  v("of", x.of);
  v("attempt", x.attempt);
}

void fields(auto& v, is<phase_ended> auto& x) {
  v("phase", x.phase);
  v("outcome", x.outcome);
}

void fields(auto& v, is<rollback_started> auto& x) {
  v("phase", x.phase);
  v("over", x.over);
  v("units", x.units);
}

void fields(auto& v, is<cancel_requested> auto& x) {
  v("by", x.by);
}

void fields(auto& v, is<alert_raised> auto& x) {
  v("severity", x.severity);
  v("phase", x.phase);
  v("host", x.host);
  v("text", x.text);
}

inline void fields(json_writer& v, const run_finished& x) {
  json_detail::append(v.made, "result", x.result ? to_json(*x.result) : ordered_json{});
}

inline void fields(json_reader& v, run_finished& x) {
  x.result = std::make_shared<const struct result>(result_from_json(v.at("result")));
}

/// Which row of the outbox it is.
void fields_of_message(auto& v, auto& x) {
  v("fleet", x.fleet);
  v("channel", x.channel);
  v("of_run", x.of_run);
  v("of_event", x.of_event);
  v("nth", x.nth);
  v("attempts", x.attempts);
}

void fields(auto& v, is<message_sent> auto& x) {
  fields_of_message(v, x);
  v("took", x.took);
  v("moved_from", x.moved_from);
  v("moved_to", x.moved_to);
}

void fields(auto& v, is<message_failed> auto& x) {
  fields_of_message(v, x);
  v("reason", x.reason);
  v("why", x.why);
  v("retry_at", x.retry_at);
}

void fields(auto& v, is<message_given_up> auto& x) {
  fields_of_message(v, x);
  v("reason", x.reason);
  v("why", x.why);
  v("told_on", x.told_on);
}

void fields(auto& v, is<channel_stopped> auto& x) {
  v("fleet", x.fleet);
  v("channel", x.channel);
  v("reason", x.reason);
  v("why", x.why);
  v("likeness", x.likeness);
  v("told_on", x.told_on);
}

void fields(auto& v, is<channel_resumed> auto& x) {
  v("fleet", x.fleet);
  v("channel", x.channel);
  v("by", x.by);
}

void fields(auto& v, is<acknowledged> auto& x) {
  v("of_run", x.of_run);
  v("by", x.by);
}

void fields(auto& v, is<act_began> auto& x) {
  v("fleet", x.fleet);
  v("verb", x.verb);
  v("what", x.what);
  v("by", x.by);
  v("from", x.from);
}

void fields(auto& v, is<act_ended> auto& x) {
  v("of_event", x.of_event);
  v("outcome", x.outcome);
}

} // namespace event

} // namespace baton
