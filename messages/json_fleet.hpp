#pragma once

#include "messages/json_fields.hpp"

/// What the members of a fleet are called on the wire; json_plan.cpp uses it as well.

namespace baton {

void fields(auto& v, is<endpoint> auto& x) {
  v("name", x.name);
  v("ssh", x.ssh);
  v("address", x.address);
  v("user", x.user);
  v("port", x.port);
  v("identities", x.identities);
  v("jump", x.jump);
  v("sudo", x.sudo);
}

void fields(auto& v, is<command> auto& x) {
  v("argv", x.argv);
  v("shell", x.shell);
}

void fields(auto& v, is<host> auto& x) {
  v("reach", x.reach);
  v("state_dir", x.state_dir);
  v("check_address", x.check_address);
  v("vars", x.vars);
}

void fields(auto& v, is<health_check> auto& x) {
  v("kind", x.kind);
  v("url", x.url);
  v("address", x.address);
  v("run", x.run);
  v("on", x.on);
  v("of", x.of);
  v("expect_status", x.expect_status);
  v("expect_body", x.expect_body);
  v("timeout", x.timeout);
}

void fields(auto& v, is<health_policy> auto& x) {
  v("steady", x.steady);
  v("deadline", x.deadline);
  v("interval", x.interval);
  v("checks", x.checks);
}

void fields(auto& v, is<compose_engine> auto& x) {
  v("files", x.files);
  v("project", x.project);
  v("profiles", x.profiles);
  v("env_files", x.env_files);
  v("images", x.images);
}

void fields(auto& v, is<command_engine> auto& x) {
  v("prepare", x.prepare);
  v("start", x.start);
  v("stop", x.stop);
  v("status", x.status);
}

/// An engine is an object with one key that says which: `{"compose": {…}}`.
using engine_t = std::variant<compose_engine, command_engine>;
ordered_json to_json(const engine_t& value);
void from_json(const json& from, engine_t& value);

void fields(auto& v, is<stack> auto& x) {
  v("name", x.name);
  v("repository", x.repository);
  v("source", x.source);
  v("dirty", x.dirty);
  v("path", x.path);
  v("engine", x.engine);
  v("health", x.health);
  v("vars", x.vars);
}

void fields(auto& v, is<snapshot_policy> auto& x) {
  v("driver", x.driver);
  v("script", x.script);
  v("on", x.on);
  v("covers", x.covers);
  v("subvolume", x.subvolume);
  v("snapshot_dir", x.snapshot_dir);
  v("guest", x.guest);
  v("dataset", x.dataset);
  v("volume", x.volume);
  v("keep", x.keep);
  v("sudo", x.sudo);
}

void fields(auto& v, is<stage> auto& x) {
  v("name", x.name);
  v("role", x.role);
  v("hosts", x.hosts);
  v("stacks", x.stacks);
  v("retry", x.retry);
  v("on_failure", x.on_failure);
  v("verify", x.verify);
  v("snapshot", x.snapshot);
  v("rollback_with", x.rollback_with);
  v("deadline", x.deadline);
}

void fields(auto& v, is<environment> auto& x) {
  v("name", x.name);
  v("stages", x.stages);
}

void fields(auto& v, is<secret_place> auto& x) {
  v("from", x.from);
  v("to", x.to);
  v("compare", x.compare);
  v("hosts", x.hosts);
  v("command", x.command);
  v("template", x.is_template);
}

void fields(auto& v, is<secrets_policy> auto& x) {
  v("driver", x.driver);
  v("script", x.script);
  v("on", x.on);
  v("reach", x.reach);
  v("places", x.places);
}

void fields(auto& v, is<tests_policy> auto& x) {
  v("wanted", x.wanted);
  v("on", x.on);
  v("workdir", x.workdir);
  v("run", x.run);
  v("junit", x.junit);
  v("on_failure", x.on_failure);
  v("retry", x.retry);
}

void fields(auto& v, is<verification_policy> auto& x) {
  v("checks", x.checks);
  v("rollback", x.rollback);
  v("on_failure", x.on_failure);
  v("retry", x.retry);
}

void fields(auto& v, is<deadlines> auto& x) {
  v("connect", x.connect);
  v("pre_flight", x.pre_flight);
  v("secrets", x.secrets);
  v("snapshot", x.snapshot);
  v("prepare", x.prepare);
  v("activate", x.activate);
  v("tests", x.tests);
  v("rollback", x.rollback);
  v("verification", x.verification);
}

void fields(auto& v, is<channel> auto& x) {
  v("name", x.name);
  v("kind", x.kind);
  v("api", x.api);
  v("chat", x.chat);
  v("thread", x.thread);
  v("token_file", x.token_file);
  v("url", x.url);
  v("url_file", x.url_file);
  v("server", x.server);
  v("from", x.from);
  v("to", x.to);
  v("user", x.user);
  v("password_file", x.password_file);
  v("ca_file", x.ca_file);
  v("run", x.run);
}

void fields(auto& v, is<alert_route> auto& x) {
  v("events", x.events);
  v("severities", x.severities);
  v("channels", x.channels);
  v("template", x.text_template);
}

void fields(auto& v, is<alert_policy> auto& x) {
  v("channels", x.channels);
  v("routes", x.routes);
  v("repeat", x.repeat);
  v("wait", x.wait);
  v("deliver_for", x.deliver_for);
}

void fields(auto& v, is<fleet> auto& x) {
  v("name", x.name);
  v("file", x.file);
  v("hosts", x.hosts);
  v("stages", x.stages);
  v("environments", x.environments);
  v("default_environment", x.default_environment);
  v("disk_free_min", x.disk_free_min);
  v("pre_flight_on_failure", x.pre_flight_on_failure);
  v("secrets_on_failure", x.secrets_on_failure);
  v("snapshots_on_failure", x.snapshots_on_failure);
  v("secrets_retry", x.secrets_retry);
  v("guard_unreachable_after", x.guard_unreachable_after);
  v("lease_dead_after", x.lease_dead_after);
  v("resume_max_age", x.resume_max_age);
  v("secrets", x.secrets);
  v("tests", x.tests);
  v("verification", x.verification);
  v("deadlines", x.deadlines);
  v("keep_releases", x.keep_releases);
  v("alerts", x.alerts);
  v("log_file", x.log_file);
  v("log_level", x.log_level);
  v("metrics_textfile", x.metrics_textfile);
  v("metrics_push", x.metrics_push);
  v("metrics_push_login_file", x.metrics_push_login_file);
}

} // namespace baton
