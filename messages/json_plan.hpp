#pragma once

#include "messages/json_fleet.hpp"

/// What the members of a plan are called on the wire.

namespace baton {

void fields(auto& v, is<request> auto& x) {
  v("commit_hash", x.commit_hash);
  v("environment", x.environment);
  v("rollback_on_failure", x.rollback_on_failure);
  v("skip_tests", x.skip_tests);
}

void fields(auto& v, is<unit> auto& x) {
  v("host", x.host);
  v("stack", x.stack);
}

void fields(auto& v, is<assignment> auto& x) {
  v("of", x.of);
  v("target", x.target);
}

void fields(auto& v, is<step_spec> auto& x) {
  v("kind", x.kind);
  v("on", x.on);
  v("deadline", x.deadline);
  v("barrier", x.barrier);
  v("changes", x.changes);
  v("repeatable", x.repeatable);
}

void fields(auto& v, is<phase> auto& x) {
  v("id", x.id);
  v("kind", x.kind);
  v("stage", x.stage);
  v("steps", x.steps);
  v("retry", x.retry);
  v("on_failure", x.on_failure);
  v("report_all", x.report_all);
  v("skipped", x.skipped);
}

void fields(auto& v, is<plan> auto& x) {
  v("version", x.version);
  v("run", x.run);
  v("release", x.release);
  v("request", x.request);
  v("requested_at", x.requested_at);
  v("requested_by", x.requested_by);
  v("requested_from", x.requested_from);
  v("verb", x.verb);
  v("retries", x.retries);
  v("returns_to", x.returns_to);
  v("commits", x.commits);
  v("recalls", x.recalls);
  v("fleet", x.fleet);
  v("stages", x.stages);
  v("hosts", x.hosts);
  v("units", x.units);
  v("phases", x.phases);
  v("rollback", x.rollback);
  v("ending", x.ending);
}

} // namespace baton
