#include "config_support.hpp"

#include "runtime/config/show.hpp"
#include "runtime/config/yaml_text.hpp"
#include "runtime/log/redact_record.hpp"

#include <gmock/gmock.h>

namespace baton {
namespace {

using namespace config_tests;

constexpr std::string_view text = R"(fleet: homelab
hosts:
  a: {identity: /k}
  b: {}
stack:
  repository: "https://me:hunter2@example.org/x.git"
  health: {steady: 3s}
stages:
  a: {role: staging, retry: 4, health: {interval: 2s}}
  b: {role: public, snapshot: {script: ~/s}}
tests: {command: make, deadline: 3m}
retention: {snapshots: 8}
environments: {production: [a, b]}
)";

std::string origin(std::vector<std::string> path) {
  const auto document = parse_yaml(text, "baton.yaml");
  return origin_of(good(text), **document, "/somewhere/baton.yaml", path);
}

TEST(show, writes_every_default_out) {
  const auto shown = resolved_config(good(text));
  EXPECT_EQ(shown["stages"]["b"]["on_failure"]["status"], "partial_success");
  EXPECT_EQ(shown["stages"]["b"]["retry"]["attempts"], 3);
  EXPECT_EQ(shown["stages"]["a"]["stacks"]["homelab"]["health"]["deadline"], "2m");
  EXPECT_EQ(shown["pre_flight"]["disk_free"], "10GB");
  EXPECT_EQ(shown["deadlines"]["tests"], "3m");
  EXPECT_EQ(shown["default_environment"], "production");
}

TEST(show, leaves_passwords_out) {
  const auto shown = yaml_text(resolved_config(redact(redactor{}, good(text))));
  EXPECT_THAT(shown, testing::HasSubstr("https://me:***@example.org/x.git"));
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("hunter2")));
}

TEST(show, has_the_source_of_each_secret_file_and_no_secret_in_it) {
  const auto of = good(std::string{text}
                       + "secrets: {places: [{from: a.env, template: true, to: ~/a}, "
                         "{command: [vault, --token, hunter2], to: ~/b}]}\n");
  const auto places = resolved_config(redact(redactor{}, of))["secrets"]["places"];
  EXPECT_EQ(places[0].dump(),
            R"({"from":"/srv/fleet/a.env","template":true,"to":"~/a","compare":"bytes"})");
  EXPECT_EQ(places[1].dump(),
            R"({"command":["vault","--token","***"],"to":"~/b","compare":"bytes"})");
}

TEST(show, tells_where_a_value_comes_from) {
  EXPECT_EQ(origin({"fleet"}), "baton.yaml:1");
  EXPECT_EQ(origin({"hosts", "a", "identities", "0"}), "baton.yaml:3");
  EXPECT_EQ(origin({"hosts", "b", "sudo"}), "default");
  EXPECT_EQ(origin({"stages", "a", "stacks", "homelab", "repository"}), "baton.yaml:6");
  EXPECT_EQ(origin({"stages", "a", "stacks", "homelab", "health", "steady"}), "baton.yaml:7");
  EXPECT_EQ(origin({"stages", "a", "stacks", "homelab", "health", "interval"}), "baton.yaml:9")
      << "the stage's own word counts first";
  EXPECT_EQ(origin({"stages", "b", "stacks", "homelab", "health", "interval"}), "default");
  EXPECT_EQ(origin({"stages", "a", "retry", "attempts"}), "baton.yaml:9");
  EXPECT_EQ(origin({"stages", "b", "retry", "attempts"}), "default of the role public");
  EXPECT_EQ(origin({"stages", "b", "on_failure", "status"}), "default of the role public");
  EXPECT_EQ(origin({"stages", "b", "snapshot", "keep"}), "baton.yaml:12");
  EXPECT_EQ(origin({"deadlines", "tests"}), "baton.yaml:11");
  EXPECT_EQ(origin({"deadlines", "connect"}), "default");
  EXPECT_EQ(origin({"environments", "production", "stages"}), "baton.yaml:13");
}

TEST(show, is_yaml_that_says_what_the_json_says) {
  for (const auto& fleet : {good(text), good(read_source("tests/runtime/config/everything.yaml")),
                            good(read_source("examples/homelab/baton.yaml"))}) {
    const auto shown = resolved_config(fleet);
    const auto document = parse_yaml(yaml_text(shown), "shown");
    ASSERT_TRUE(document) << to_string(document.error());
    EXPECT_EQ(to_json(**document), nlohmann::json::parse(shown.dump()));
  }
}

} // namespace
} // namespace baton
