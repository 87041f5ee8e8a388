#include "runtime/config/show.hpp"

#include "runtime/config/units.hpp"

#include <string_view>

namespace baton {

namespace {

using json_value = nlohmann::ordered_json;

std::string_view word(source_kind of) {
  return of == source_kind::fetch ? "fetch" : "push";
}

std::string_view word(dirty_policy of) {
  switch (of) {
  case dirty_policy::refuse:
    return "refuse";
  case dirty_policy::discard:
    return "discard";
  case dirty_policy::keep:
    return "keep";
  }
  return "refuse";
}

std::string_view word(rollback_method of) {
  switch (of) {
  case rollback_method::app:
    return "app";
  case rollback_method::snapshot:
    return "snapshot";
  case rollback_method::app_then_snapshot:
    return "app_then_snapshot";
  }
  return "app";
}

json_value shown(const command& of) {
  return of.argv.empty() ? json_value(of.shell) : json_value(of.argv);
}

json_value shown(const retry_policy& of) {
  return {{"attempts", of.attempts_max},
          {"base", duration_text(of.base)},
          {"factor", of.factor},
          {"cap", duration_text(of.cap)},
          {"jitter", of.jitter}};
}

json_value shown(const failure_policy& of) {
  return {{"rollback", to_string(of.rollback)},
          {"status", to_string(of.ends)},
          {"alert", to_string(of.alert)},
          {"then", to_string(of.then)}};
}

json_value shown(const health_check& of) {
  auto check = json_value::object();
  switch (of.kind) {
  case check_kind::http:
    check["http"] = of.url;
    if (of.expect_status > 0)
      check["expect"] = of.expect_status;
    if (!of.expect_body.empty())
      check["body"] = of.expect_body;
    break;
  case check_kind::tcp:
    check["tcp"] = of.address;
    break;
  case check_kind::command:
    check["command"] = shown(of.run);
    break;
  case check_kind::compose:
    check["compose"] = true;
    break;
  }
  check["on"] = of.on;
  if (!of.of.empty())
    check["of"] = of.of;
  check["timeout"] = duration_text(of.timeout);
  return check;
}

json_value shown(const std::vector<health_check>& of) {
  auto checks = json_value::array();
  for (const auto& check : of)
    checks.push_back(shown(check));
  return checks;
}

json_value shown(const host& of) {
  auto made = json_value::object();
  const auto add = [&](const char* key, const auto& value, bool said) {
    if (said)
      made[key] = value;
  };
  add("ssh", of.reach.ssh, !of.reach.ssh.empty());
  add("address", of.reach.address, !of.reach.address.empty());
  add("user", of.reach.user, !of.reach.user.empty());
  add("port", of.reach.port, of.reach.port != 0);
  add("identities", of.reach.identities, !of.reach.identities.empty());
  add("jump", of.reach.jump, !of.reach.jump.empty());
  add("sudo", of.reach.sudo, true);
  add("state_dir", of.state_dir, !of.state_dir.empty());
  add("vars", of.vars, !of.vars.empty());
  return made;
}

json_value shown(const stack& of) {
  json_value made{{"repository", of.repository},
                  {"source", word(of.source)},
                  {"dirty", word(of.dirty)},
                  {"path", of.path}};
  if (const auto* compose = std::get_if<compose_engine>(&of.engine)) {
    auto& engine = made["compose"] = json_value::object();
    engine["files"] = compose->files;
    if (!compose->project.empty())
      engine["project"] = compose->project;
    engine["profiles"] = compose->profiles;
    engine["env_files"] = compose->env_files;
    engine["images"] = compose->images == image_source::pull ? "pull" : "build";
  } else {
    const auto& commands = std::get<command_engine>(of.engine);
    auto& engine = made["command"] = json_value::object();
    if (!commands.prepare.empty())
      engine["prepare"] = shown(commands.prepare);
    engine["start"] = shown(commands.start);
    engine["stop"] = shown(commands.stop);
    engine["status"] = shown(commands.status);
  }
  made["health"] = {{"steady", duration_text(of.health.steady)},
                    {"deadline", duration_text(of.health.deadline)},
                    {"interval", duration_text(of.health.interval)},
                    {"checks", shown(of.health.checks)}};
  if (!of.vars.empty())
    made["vars"] = of.vars;
  return made;
}

json_value shown(const snapshot_policy& of) {
  auto made = json_value::object();
  switch (of.driver) {
  case snapshot_driver::script:
    made["script"] = of.script;
    break;
  case snapshot_driver::btrfs:
    made["btrfs"] = {{"subvolume", of.subvolume}, {"snapshot_dir", of.snapshot_dir}};
    break;
  case snapshot_driver::proxmox:
    made["proxmox"] = json_value::object();
    if (!of.guest.empty())
      made["proxmox"]["guest"] = of.guest;
    break;
  case snapshot_driver::zfs:
    made["zfs"] = {{"dataset", of.dataset}};
    break;
  case snapshot_driver::lvm:
    made["lvm"] = {{"volume", of.volume}};
    break;
  }
  if (of.driver != snapshot_driver::script)
    made[std::string{to_string(of.driver)}]["sudo"] = of.sudo;
  if (!of.on.empty())
    made["on"] = of.on;
  made["covers"] = of.covers == snapshot_covers::stack ? "stack" : "other";
  made["keep"] = of.keep;
  return made;
}

json_value shown(const stage& of) {
  json_value made{{"role", to_string(of.role)}, {"hosts", of.hosts}};
  auto& stacks = made["stacks"] = json_value::object();
  for (const auto& stack : of.stacks)
    stacks[stack.name] = shown(stack);
  made["retry"] = shown(of.retry);
  if (of.deadline > duration::zero())
    made["deadline"] = duration_text(of.deadline);
  made["on_failure"] = shown(of.on_failure);
  made["verify"] = of.verify == verify_mode::gate ? "gate" : "report";
  if (of.snapshot)
    made["snapshot"] = shown(*of.snapshot);
  made["rollback_with"] = word(of.rollback_with);
  return made;
}

json_value shown_secrets(const fleet& of) {
  const auto& secrets = of.secrets;
  auto made = json_value::object();
  if (secrets.driver == secrets_driver::script)
    made["script"] = secrets.script;
  made["on"] = secrets.on;
  made["scope"] = secrets.reach == secrets_scope::run ? "run" : "fleet";
  auto& places = made["places"] = json_value::array();
  for (const auto& place : secrets.places) {
    auto item = json_value::object();
    if (place.command.empty())
      item["from"] = place.from;
    else
      item["command"] = place.command;
    if (place.is_template)
      item["template"] = true;
    item["to"] = place.to;
    item["compare"] = place.compare == compare_mode::bytes ? "bytes" : "keys";
    if (!place.hosts.empty())
      item["hosts"] = place.hosts;
    places.push_back(std::move(item));
  }
  made["retry"] = shown(of.secrets_retry);
  made["on_failure"] = shown(of.secrets_on_failure);
  return made;
}

json_value shown_tests(const fleet& of) {
  json_value made{{"on", of.tests.on}};
  if (!of.tests.workdir.empty())
    made["workdir"] = of.tests.workdir;
  made["command"] = shown(of.tests.run);
  if (!of.tests.junit.empty())
    made["junit"] = of.tests.junit;
  made["retry"] = shown(of.tests.retry);
  made["on_failure"] = shown(of.tests.on_failure);
  return made;
}

json_value shown_verification(const fleet& of) {
  const auto& verification = of.verification;
  return {
      {"checks", shown(verification.checks)},
      {"rollback", verification.rollback == verification_rollback::all ? "all" : "failing_stage"},
      {"retry", shown(verification.retry)},
      {"on_failure", shown(verification.on_failure)}};
}

json_value shown(const channel& of) {
  auto made = json_value::object();
  const auto add = [&](const char* key, const auto& value) {
    if (value != std::decay_t<decltype(value)>{})
      made[key] = value;
  };
  switch (of.kind) {
  case channel_kind::telegram:
    add("api", of.api);
    add("token_file", of.token_file);
    add("chat", of.chat);
    add("thread", of.thread);
    add("ca_file", of.ca_file);
    return {{"telegram", made}};
  case channel_kind::slack:
    add("webhook_file", of.url_file);
    add("ca_file", of.ca_file);
    return {{"slack", made}};
  case channel_kind::email:
    add("server", of.server);
    add("from", of.from);
    add("to", of.to);
    add("user", of.user);
    add("password_file", of.password_file);
    add("ca_file", of.ca_file);
    return {{"email", made}};
  case channel_kind::webhook:
    add("url", of.url);
    add("url_file", of.url_file);
    add("token_file", of.token_file);
    add("ca_file", of.ca_file);
    return {{"webhook", made}};
  case channel_kind::command:
    break;
  }
  return {{"command", shown(of.run)}};
}

json_value shown(const alert_policy& of) {
  json_value made{{"channels", json_value::object()}, {"routes", json_value::array()}};
  for (const auto& one : of.channels)
    made["channels"][one.name] = shown(one);
  for (const auto& one : of.routes) {
    json_value route{{"events", one.events}};
    for (const auto how : one.severities)
      route["severity"].push_back(to_string(how));
    route["channels"] = one.channels;
    if (!one.text_template.empty())
      route["template"] = one.text_template;
    made["routes"].push_back(std::move(route));
  }
  made["repeat"] = of.repeat == duration::zero() ? "never" : duration_text(of.repeat);
  made["wait"] = duration_text(of.wait);
  made["deliver_for"] = duration_text(of.deliver_for);
  return made;
}

json_value shown(const deadlines& of) {
  return {{"connect", duration_text(of.connect)},
          {"pre_flight", duration_text(of.pre_flight)},
          {"secrets", duration_text(of.secrets)},
          {"snapshot", duration_text(of.snapshot)},
          {"prepare", duration_text(of.prepare)},
          {"activate", duration_text(of.activate)},
          {"tests", duration_text(of.tests)},
          {"rollback", duration_text(of.rollback)},
          {"verification", duration_text(of.verification)}};
}

} // namespace

nlohmann::ordered_json resolved_config(const fleet& of) {
  json_value made{{"fleet", of.name}};
  for (const auto* section : {"hosts", "stages", "environments"})
    made[section] = json_value::object();
  for (const auto& host : of.hosts)
    made["hosts"][host.reach.name] = shown(host);
  for (const auto& stage : of.stages)
    made["stages"][stage.name] = shown(stage);
  for (const auto& environment : of.environments)
    made["environments"][environment.name] = {{"stages", environment.stages}};
  made["default_environment"] = of.default_environment;
  made["pre_flight"] = {{"disk_free", size_text(of.disk_free_min)},
                        {"on_failure", shown(of.pre_flight_on_failure)}};
  if (of.secrets.driver != secrets_driver::none)
    made["secrets"] = shown_secrets(of);
  made["snapshots"] = {{"on_failure", shown(of.snapshots_on_failure)}};
  if (of.tests.wanted)
    made["tests"] = shown_tests(of);
  made["verification"] = shown_verification(of);
  made["guard"] = {{"unreachable_after", duration_text(of.guard_unreachable_after)}};
  made["lease"] = {{"dead_after", duration_text(of.lease_dead_after)}};
  made["resume"] = {{"max_age", duration_text(of.resume_max_age)}};
  made["deadlines"] = shown(of.deadlines);
  made["retention"] = {{"releases", of.keep_releases}};
  if (!of.alerts.channels.empty())
    made["alerts"] = shown(of.alerts);
  made["log"] = json_value::object();
  if (!of.log_file.empty())
    made["log"]["file"] = of.log_file;
  made["log"]["level"] = of.log_level;
  if (!of.metrics_textfile.empty())
    made["metrics"]["textfile"] = of.metrics_textfile;
  if (!of.metrics_push.empty())
    made["metrics"]["pushgateway"] = of.metrics_push;
  if (!of.metrics_push_login_file.empty())
    made["metrics"]["pushgateway_login_file"] = of.metrics_push_login_file;
  return made;
}

} // namespace baton
