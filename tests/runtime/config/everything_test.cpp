#include "config_support.hpp"

#include "runtime/config/schema_check.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>

namespace baton {
namespace {

using namespace config_tests;
using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

const fleet& everything() {
  static const fleet loaded = good(read_source("tests/runtime/config/everything.yaml"));
  return loaded;
}

const stage& stage_named(std::string_view name) {
  const auto* found = find_stage(everything(), name);
  if (!found)
    throw std::runtime_error{"no stage " + std::string{name}};
  return *found;
}

TEST(everything, of_a_host) {
  const auto& one = everything().hosts.at(0);
  EXPECT_EQ(one.reach.ssh, "alias-of-one");
  EXPECT_EQ(one.reach.address, "192.0.2.1");
  EXPECT_EQ(one.reach.user, "deploy");
  EXPECT_EQ(one.reach.port, 2222);
  EXPECT_EQ(one.reach.jump, "two");
  EXPECT_TRUE(one.reach.sudo);
  EXPECT_EQ(one.state_dir, "/var/lib/baton-host");
  const auto home = std::string{std::getenv("HOME")};
  EXPECT_THAT(one.reach.identities,
              ElementsAre("/srv/fleet/keys/one", home + "/.ssh/id_ed25519", "/etc/baton/key"));
  EXPECT_THAT(everything().hosts.at(2).reach.identities, ElementsAre("/srv/fleet/keys/three"));
}

TEST(everything, variables_are_taken_as_they_are_written) {
  EXPECT_THAT(everything().hosts.at(0).vars,
              UnorderedElementsAre(Pair("LEVEL", "3"), Pair("VERSION", "1.10"), Pair("NAME", "on"),
                                   Pair("FLAG", "true"), Pair("PLAIN", "no"), Pair("EMPTY", "")));
}

TEST(everything, a_stage_lays_its_own_words_over_its_stacks) {
  const auto& first = stage_named("first");
  ASSERT_EQ(first.stacks.size(), 2u);
  const auto& web = first.stacks[0];
  EXPECT_EQ(web.source, source_kind::fetch);
  EXPECT_EQ(web.dirty, dirty_policy::discard);
  EXPECT_EQ(web.health.steady, 0s);
  EXPECT_EQ(web.health.deadline, 5min) << "what the stage does not say stays";
  EXPECT_EQ(web.health.checks.size(), 4u);
  EXPECT_THAT(web.vars, UnorderedElementsAre(Pair("COLOUR", "red"), Pair("SIZE", "2")));
  EXPECT_EQ(first.stacks[1].name, "worker");
  EXPECT_EQ(first.stacks[1].path, "~/worker");

  const auto& three = stage_named("last").stacks.at(0);
  EXPECT_EQ(three.repository, "https://example.org/mirror.git");
  EXPECT_EQ(three.path, "~/web");
  const auto& compose = std::get<compose_engine>(three.engine);
  EXPECT_EQ(compose.project, "web-three");
  EXPECT_THAT(compose.files, ElementsAre("compose.yaml", "compose.prod.yaml"));
  EXPECT_THAT(compose.profiles, ElementsAre("prod"));
  EXPECT_THAT(compose.env_files, ElementsAre(".env"));
  EXPECT_EQ(compose.images, image_source::build);

  const auto& worker = std::get<command_engine>(stage_named("other").stacks.at(0).engine);
  EXPECT_EQ(worker.prepare.shell, "make");
  EXPECT_EQ(worker.start.shell, "./go");
  EXPECT_TRUE(worker.start.argv.empty());
  EXPECT_THAT(worker.stop.argv, ElementsAre("./worker", "stop"));
  EXPECT_THAT(std::get<command_engine>(first.stacks[1].engine).start.argv,
              ElementsAre("./worker", "start", "-v", "3"));
}

TEST(everything, of_checks) {
  const auto& checks = stage_named("first").stacks[0].health.checks;
  EXPECT_EQ(checks[0].url, "http://${host}:8080/health");
  EXPECT_EQ(checks[0].expect_status, 204);
  EXPECT_EQ(checks[0].expect_body, "fine");
  EXPECT_EQ(checks[0].timeout, 2s);
  EXPECT_EQ(checks[0].on, "host");
  EXPECT_EQ(checks[1].kind, check_kind::tcp);
  EXPECT_EQ(checks[1].address, "[::1]:5432");
  EXPECT_EQ(checks[1].on, "controller");
  EXPECT_EQ(checks[2].run.shell, "curl -sf localhost | grep ok");
  EXPECT_EQ(checks[2].on, "two");
  EXPECT_EQ(checks[3].kind, check_kind::compose);
  EXPECT_EQ(everything().verification.checks.at(0).on, "controller") << "seen from outside";
}

TEST(everything, of_policies) {
  const auto& first = stage_named("first");
  EXPECT_EQ(first.retry, (retry_policy{2, 1s, 1.5, 10s, false}));
  EXPECT_EQ(first.deadline, 20min);
  EXPECT_EQ(first.on_failure,
            (failure_policy{scope::self, status::failed, severity::critical, after_failure::stop}));
  EXPECT_EQ(first.verify, verify_mode::report);
  const auto& last = stage_named("last");
  EXPECT_EQ(last.retry, (retry_policy{5, 5s, 2, 60s, true})) << "a number is the attempts";
  EXPECT_EQ(last.rollback_with, rollback_method::snapshot);
  EXPECT_EQ(last.snapshot->script, "/srv/fleet/snapshot.sh") << "on the controller: absolute";
  EXPECT_EQ(last.snapshot->on, "controller");
  EXPECT_EQ(last.snapshot->keep, 7);
  const auto& btrfs = stage_named("other").snapshot;
  EXPECT_EQ(btrfs->driver, snapshot_driver::btrfs);
  EXPECT_EQ(btrfs->subvolume, "/srv");
  EXPECT_EQ(btrfs->snapshot_dir, "/srv/.snapshots");
  EXPECT_TRUE(btrfs->sudo);
  EXPECT_EQ(btrfs->keep, 4) << "retention's, when the stage says none";
  const auto& proxmox = stage_named("guest").snapshot;
  EXPECT_EQ(proxmox->driver, snapshot_driver::proxmox);
  EXPECT_EQ(proxmox->guest, "100");
  EXPECT_EQ(proxmox->on, "one");
  EXPECT_TRUE(proxmox->sudo);
  const auto& zfs = stage_named("dataset").snapshot;
  EXPECT_EQ(zfs->driver, snapshot_driver::zfs);
  EXPECT_EQ(zfs->dataset, "tank/srv");
  EXPECT_TRUE(zfs->sudo);
  const auto& lvm = stage_named("volume").snapshot;
  EXPECT_EQ(lvm->driver, snapshot_driver::lvm);
  EXPECT_EQ(lvm->volume, "vg/srv");
  EXPECT_TRUE(lvm->sudo);
}

TEST(everything, of_environments) {
  const auto& fleet = everything();
  EXPECT_EQ(fleet.default_environment, "staging");
  EXPECT_THAT(find_environment(fleet, "staging")->stages, ElementsAre("first"));
  EXPECT_THAT(find_environment(fleet, "production")->stages, ElementsAre("first", "last"));
  EXPECT_THAT(find_environment(fleet, "worker")->stages, ElementsAre("other"));
}

TEST(everything, of_the_other_phases) {
  const auto& fleet = everything();
  EXPECT_EQ(fleet.disk_free_min, 3 * (std::int64_t{1} << 29));
  EXPECT_EQ(fleet.pre_flight_on_failure.alert, severity::critical);
  EXPECT_EQ(fleet.pre_flight_on_failure.ends, status::aborted);
  EXPECT_EQ(fleet.secrets.driver, secrets_driver::script);
  EXPECT_EQ(fleet.secrets.script, "/srv/fleet/secrets.sh");
  EXPECT_EQ(fleet.secrets.reach, secrets_scope::run);
  const auto& places = fleet.secrets.places;
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].from, "/srv/fleet/secrets/web.env");
  EXPECT_EQ(places[0].compare, compare_mode::bytes);
  EXPECT_THAT(places[0].hosts, ElementsAre("one"));
  EXPECT_EQ(places[1].compare, compare_mode::keys) << "the default that was said for all";
  EXPECT_THAT(places[1].hosts, ElementsAre("two"));
  EXPECT_EQ(fleet.secrets_retry.attempts_max, 2);
  EXPECT_EQ(fleet.secrets_on_failure.ends, status::failed);
  EXPECT_EQ(fleet.snapshots_on_failure.alert, severity::info);
  EXPECT_EQ(fleet.tests.on, "one");
  EXPECT_EQ(fleet.tests.workdir, "/srv/web");
  EXPECT_EQ(fleet.tests.run.shell, "make test");
  EXPECT_EQ(fleet.tests.junit, "out/junit.xml");
  EXPECT_EQ(fleet.tests.retry.attempts_max, 2);
  EXPECT_EQ(fleet.tests.on_failure.alert, severity::none);
  EXPECT_EQ(fleet.verification.rollback, verification_rollback::failing_stage);
  EXPECT_EQ(fleet.verification.retry.attempts_max, 3);
  EXPECT_EQ(fleet.guard_unreachable_after, 45s);
  EXPECT_EQ(fleet.lease_dead_after, 20min);
  EXPECT_EQ(fleet.resume_max_age, 6h);
  EXPECT_EQ(fleet.keep_releases, 9);
  EXPECT_EQ(fleet.log_file, "/srv/fleet/log/run.log");
  EXPECT_EQ(fleet.log_level, "debug");
  EXPECT_EQ(fleet.metrics_textfile, "/var/lib/node_exporter/baton.prom");
  EXPECT_EQ(fleet.metrics_push, "http://127.0.0.1:9091");
  EXPECT_EQ(fleet.metrics_push_login_file, "/srv/fleet/keys/push");
}

TEST(everything, of_alerts) {
  const auto& alerts = everything().alerts;
  std::vector<std::string> names;
  for (const auto& one : alerts.channels)
    names.push_back(one.name);
  ASSERT_THAT(names, ElementsAre("phone", "team", "post", "hook", "other", "siren", "on_alert"));
  const auto& phone = alerts.channels[0];
  EXPECT_EQ(phone.kind, channel_kind::telegram);
  EXPECT_EQ(phone.token_file, "/srv/fleet/keys/bot");
  EXPECT_EQ(phone.chat, "-1001234567890");
  EXPECT_EQ(phone.api, "http://127.0.0.1:8081");
  EXPECT_EQ(phone.thread, 7);
  EXPECT_EQ(alerts.channels[1].url_file, "/etc/baton/slack");
  const auto& post = alerts.channels[2];
  EXPECT_EQ(post.server, "smtps://mail.example.org:465");
  EXPECT_EQ(post.from, "Baton <baton@example.org>");
  EXPECT_THAT(post.to, ElementsAre("ops@example.org", "boss@example.org"));
  EXPECT_EQ(post.user, "baton");
  EXPECT_EQ(post.password_file, "/srv/fleet/keys/mail");
  EXPECT_EQ(alerts.channels[3].url, "https://example.org/hook");
  EXPECT_EQ(alerts.channels[3].token_file, "/srv/fleet/keys/hook");
  EXPECT_EQ(alerts.channels[4].url_file, "/srv/fleet/keys/url");
  EXPECT_THAT(alerts.channels[5].run.argv, ElementsAre("./siren.sh"));
  EXPECT_THAT(alerts.channels[6].run.argv, ElementsAre("./notify.sh", "--loud"));
  ASSERT_EQ(alerts.routes.size(), 3u);
  EXPECT_EQ(alerts.routes[0], (alert_route{{"run_finished"},
                                           {severity::info, severity::warning, severity::critical},
                                           {"team"},
                                           "{{title}}"}));
  EXPECT_EQ(alerts.routes[1],
            (alert_route{
                {"alert_raised", "run_finished"}, {severity::critical}, {"phone", "siren"}, ""}));
  EXPECT_THAT(alerts.routes[2].channels, ElementsAre("on_alert"))
      << "it hears every alert, whatever the routes are";
  EXPECT_EQ(alerts.repeat, 0s);
  EXPECT_EQ(alerts.wait, 5s);
  EXPECT_EQ(alerts.deliver_for, 48h);
}

TEST(everything, of_deadlines) {
  const auto& deadlines = everything().deadlines;
  EXPECT_EQ(deadlines.connect, 5s);
  EXPECT_EQ(deadlines.pre_flight, 30s);
  EXPECT_EQ(deadlines.secrets, 1min);
  EXPECT_EQ(deadlines.snapshot, 15min);
  EXPECT_EQ(deadlines.prepare, 1h);
  EXPECT_EQ(deadlines.activate, 3min);
  EXPECT_EQ(deadlines.tests, 90s) << "the phase's own word counts first";
  EXPECT_EQ(deadlines.rollback, 8min);
  EXPECT_EQ(deadlines.verification, 2min);
}

void collect_keys(const nlohmann::ordered_json& node, const std::string& path,
                  std::set<std::string>& into) {
  const auto& rule = resolve_schema(node);
  if (rule.contains("properties"))
    for (const auto& [key, property] : rule["properties"].items()) {
      const auto below = path.empty() ? key : path + '.' + key;
      into.insert(below);
      collect_keys(property, below, into);
    }
  for (const auto* inner : {"additionalProperties", "items"})
    if (rule.contains(inner) && rule[inner].is_object())
      collect_keys(rule[inner], path + ".*", into);
}

TEST(everything, the_schema_has_exactly_the_keys_that_are_read) {
  std::set<std::string> in_schema;
  collect_keys(config_schema(), "", in_schema);

  std::set<std::string> asked;
  auto options = with_origin();
  options.asked = &asked;
  // One stack or several, one engine or the other: no file has both.
  const std::string single = "fleet: a\nhosts: {a: {}}\nstages: {a: {role: production}}\nstack:\n";
  const std::string health = "  health: {checks: [{http: \"http://x\"}, {tcp: \"x:1\"}]}\n";
  for (const auto& text :
       {read_source("tests/runtime/config/everything.yaml"), single + "  compose: {}\n" + health,
        single + "  command: {start: a, stop: b, status: c}\n" + health,
        single + "  compose: {}\nsecrets: {places: [{from: a, to: ~/a}]}\n",
        "fleet: a\nhosts: {a: {}}\nstack: {}\nstages: {a: {role: production, "
        "command: {start: a, stop: b, status: c}, health: {checks: [{compose: "
        "true}]}}}\n"s}) {
    const auto loaded = load_fleet_text(text, "/srv/baton.yaml", options);
    EXPECT_TRUE(loaded) << to_string(loaded.error()) << '\n' << text;
  }
  std::set<std::string> never_read, unknown_to_the_schema;
  std::ranges::set_difference(in_schema, asked, std::inserter(never_read, never_read.end()));
  std::ranges::set_difference(asked, in_schema,
                              std::inserter(unknown_to_the_schema, unknown_to_the_schema.end()));
  EXPECT_THAT(never_read, testing::IsEmpty());
  EXPECT_THAT(unknown_to_the_schema, testing::IsEmpty());
  EXPECT_GT(in_schema.size(), 150u);
}

} // namespace
} // namespace baton
