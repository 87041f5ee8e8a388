#include "config_support.hpp"

#include <gmock/gmock.h>

namespace baton {
namespace {

using namespace config_tests;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view sketch = R"(fleet: homelab
hosts:
  thinkpad: {}
  rtx1080: {address: 192.0.2.17, user: fitna, identity: ~/.ssh/deploy_ed25519}
  vps: {ssh: jonas-homelab-vps}
stacks:
  homelab:
    repository: git@github.com:owner/homelab.git
    path: ~/homelab
    compose: {files: [compose.yaml]}
    health: {steady: 10s, checks: [{http: "http://localhost:8080/health"}]}
stages:
  thinkpad: {role: staging, hosts: [thinkpad]}
  rtx1080:
    role: production
    hosts: [rtx1080]
    snapshot: {script: ~/homelab/shared/scripts/snapshot.sh, on: rtx1080, covers: stack, keep: 3}
    rollback_with: app_then_snapshot
  vps: {role: public, hosts: [vps], retry: {attempts: 3, base: 5s, factor: 2, cap: 60s}}
environments:
  staging: {stages: [thinkpad]}
  production: {stages: [thinkpad, rtx1080, vps]}
default_environment: production
secrets:
  script: ~/homelab/shared/scripts/sync-secrets.sh
  on: controller
  places: [{from: ~/.env.master, to: ~/homelab/.env, compare: keys}]
tests: {on: thinkpad, workdir: ~/homelab, command: [.venv/bin/python, -m, pytest, --junitxml=junit.xml], junit: junit.xml, deadline: 10m}
verification: {checks: [{http: "https://example.org/", on: controller, of: vps}]}
alerts: {on_alert: ./notify.sh}
)";

const stage& stage_named(const fleet& in, std::string_view name) {
  const auto* found = find_stage(in, name);
  if (!found)
    throw std::runtime_error{"no stage " + std::string{name}};
  return *found;
}

TEST(load, the_sketch_gives_its_hosts) {
  const auto fleet = good(sketch);
  ASSERT_EQ(fleet.hosts.size(), 3u);
  EXPECT_EQ(fleet.name, "homelab");
  EXPECT_EQ(fleet.file, "/srv/fleet/baton.yaml");
  const auto& rtx = find_host(fleet, "rtx1080")->reach;
  EXPECT_EQ(rtx.address, "192.0.2.17");
  EXPECT_EQ(rtx.user, "fitna");
  EXPECT_THAT(rtx.identities, ElementsAre(testing::EndsWith("/.ssh/deploy_ed25519")));
  EXPECT_EQ(rtx.identities[0][0], '/');
  EXPECT_EQ(find_host(fleet, "vps")->reach.ssh, "jonas-homelab-vps");
  EXPECT_EQ(find_host(fleet, "thinkpad")->reach.address, "");
}

TEST(load, an_address_may_be_written_as_in_a_url) {
  const auto address = [](const std::string& text) {
    std::string file{sketch};
    file.replace(file.find("192.0.2.17"), 10, '"' + text + '"');
    return find_host(good(file), "rtx1080")->reach.address;
  };
  EXPECT_EQ(address("[::1]"), "::1");
  EXPECT_EQ(address("[fe80::1%eth0]"), "fe80::1%eth0");
  EXPECT_EQ(address("2001:db8::7"), "2001:db8::7");
  EXPECT_EQ(address("[]"), "[]");
  EXPECT_EQ(address("[host]"), "[host]");
}

TEST(load, a_role_gives_the_policy_that_the_rules_name) {
  const auto fleet = good(sketch);
  EXPECT_EQ(
      stage_named(fleet, "thinkpad").on_failure,
      (failure_policy{scope::upstream, status::failed, severity::warning, after_failure::stop}));
  EXPECT_EQ(stage_named(fleet, "rtx1080").on_failure,
            (failure_policy{scope::upstream, status::rolled_back, severity::critical,
                            after_failure::stop}));
  EXPECT_EQ(stage_named(fleet, "vps").on_failure,
            (failure_policy{scope::self, status::partial_success, severity::critical,
                            after_failure::go_on}));
  EXPECT_EQ(stage_named(fleet, "vps").retry, (retry_policy{3, 5s, 2, 60s, true}));
  EXPECT_EQ(stage_named(fleet, "rtx1080").retry.attempts_max, 1);
}

TEST(load, the_sketch_gives_the_stack_to_every_stage) {
  const auto fleet = good(sketch);
  for (const auto& stage : fleet.stages) {
    ASSERT_EQ(stage.stacks.size(), 1u);
    const auto& stack = stage.stacks[0];
    EXPECT_EQ(stack.name, "homelab");
    EXPECT_EQ(stack.repository, "git@github.com:owner/homelab.git");
    EXPECT_EQ(stack.path, "~/homelab");
    EXPECT_THAT(std::get<compose_engine>(stack.engine).files, ElementsAre("compose.yaml"));
    EXPECT_EQ(stack.health.steady, 10s);
    ASSERT_EQ(stack.health.checks.size(), 1u);
    EXPECT_EQ(stack.health.checks[0].url, "http://localhost:8080/health");
    EXPECT_EQ(stack.health.checks[0].on, "host");
  }
}

TEST(load, the_sketch_gives_the_other_phases) {
  const auto fleet = good(sketch);
  const auto& snapshot = stage_named(fleet, "rtx1080").snapshot;
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->script, "~/homelab/shared/scripts/snapshot.sh");
  EXPECT_EQ(snapshot->on, "rtx1080");
  EXPECT_EQ(stage_named(fleet, "rtx1080").rollback_with, rollback_method::app_then_snapshot);
  EXPECT_EQ(fleet.secrets.driver, secrets_driver::script);
  EXPECT_EQ(fleet.secrets.reach, secrets_scope::fleet);
  EXPECT_EQ(fleet.secrets.script[0], '/') << "on the controller: absolute";
  ASSERT_EQ(fleet.secrets.places.size(), 1u);
  EXPECT_EQ(fleet.secrets.places[0].to, "~/homelab/.env");
  EXPECT_EQ(fleet.secrets.places[0].compare, compare_mode::keys);
  EXPECT_TRUE(fleet.tests.wanted);
  EXPECT_THAT(fleet.tests.run.argv,
              ElementsAre(".venv/bin/python", "-m", "pytest", "--junitxml=junit.xml"));
  EXPECT_EQ(fleet.deadlines.tests, 10min);
  EXPECT_EQ(fleet.verification.checks.at(0).of, "vps");
  ASSERT_EQ(fleet.alerts.channels.size(), 1u);
  EXPECT_EQ(fleet.alerts.channels[0].name, "on_alert");
  EXPECT_EQ(fleet.alerts.channels[0].run.shell, "./notify.sh");
  EXPECT_EQ(fleet.default_environment, "production");
  EXPECT_THAT(find_environment(fleet, "staging")->stages, ElementsAre("thinkpad"));
}

} // namespace
} // namespace baton
