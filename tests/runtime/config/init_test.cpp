#include "config_support.hpp"

#include "runtime/config/compose_ports.hpp"
#include "runtime/config/init.hpp"
#include "runtime/config/ssh_names.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace baton {
namespace {

using namespace config_tests;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(init, without_answers_writes_the_example) {
  EXPECT_EQ(init_file(homelab_answers()), read_source("examples/homelab/baton.yaml"));
}

TEST(init, the_example_is_the_three_machines) {
  const auto fleet = good(read_source("examples/homelab/baton.yaml"));
  EXPECT_EQ(fleet.name, "homelab");
  std::vector<std::string> hosts, roles;
  for (const auto& host : fleet.hosts) {
    hosts.push_back(host.reach.name);
    EXPECT_EQ(host.reach.address, "") << "names only";
  }
  for (const auto& stage : fleet.stages) {
    roles.emplace_back(to_string(stage.role));
    EXPECT_EQ(stage.stacks.at(0).path, "~/homelab");
    EXPECT_TRUE(std::holds_alternative<compose_engine>(stage.stacks.at(0).engine));
  }
  EXPECT_THAT(hosts, ElementsAre("thinkpad", "rtx1080", "vps"));
  EXPECT_THAT(roles, ElementsAre("staging", "production", "public"));
  EXPECT_EQ(fleet.secrets.on, "controller");
  EXPECT_TRUE(fleet.secrets.script.ends_with("/homelab/shared/scripts/sync-secrets.sh"));
  const auto& rtx = *find_stage(fleet, "rtx1080");
  EXPECT_EQ(rtx.snapshot->script, "~/homelab/shared/scripts/snapshot.sh");
  EXPECT_EQ(rtx.snapshot->on, "rtx1080");
  EXPECT_EQ(rtx.rollback_with, rollback_method::app_then_snapshot);
  EXPECT_FALSE(find_stage(fleet, "thinkpad")->snapshot);
  EXPECT_EQ(fleet.tests.run.argv.at(0), ".venv/bin/python");
  EXPECT_EQ(find_stage(fleet, "vps")->retry.attempts_max, 3);
}

/// Text as people (and worse) type it, of one line.
rc::Gen<std::string> typed() {
  return rc::gen::suchThat(rc::gen::container<std::string>(rc::gen::elementOf(
                               std::string{"abcxyzABC0123456789 ._-/~@:#'\"{}[],&*!|>%?=$"})),
                           [](const std::string& text) {
                             return text.find_first_not_of(' ') != std::string::npos
                                    && !text.starts_with('-');
                           });
}

rc::Gen<std::string> name() {
  return rc::gen::map(rc::gen::inRange(0, 100000),
                      [](int number) { return "host" + std::to_string(number); });
}

RC_GTEST_PROP(init, whatever_is_answered_the_file_loads_and_says_it, ()) {
  init_answers answers;
  answers.fleet = *name();
  for (const auto& host_name :
       *rc::gen::unique<std::vector<std::string>>(*rc::gen::inRange<std::size_t>(1, 6), name())) {
    init_host host;
    host.name = host_name;
    if (*rc::gen::arbitrary<bool>()) {
      host.address = *typed();
      host.user = *typed();
      host.port = *rc::gen::inRange<std::uint16_t>(0, 65535);
    }
    if (*rc::gen::arbitrary<bool>())
      host.snapshot_script = *typed();
    answers.hosts.push_back(host);
  }
  assign_roles(answers.hosts);
  answers.repository = *typed();
  answers.path = "~/" + *typed();
  // The home folder itself is refused, however it is written.
  RC_PRE(std::filesystem::path{answers.path}.lexically_normal().string() > "~/");
  answers.secrets_script = *typed();
  answers.secrets_from = "/" + *typed();
  answers.secrets_to = "/" + *typed();
  // What is to be filled in is another's matter.
  RC_PRE((answers.secrets_from + answers.secrets_to).find("{{") == std::string::npos);
  answers.tests_command = *typed();
  answers.tests_on = answers.hosts.front().name;
  if (*rc::gen::arbitrary<bool>())
    answers.compose_files = {*typed()};
  const auto tilde = [](const std::string& text) { return text.starts_with('~'); };
  RC_PRE(!tilde(answers.secrets_script)
         && (answers.compose_files.empty() || !tilde(answers.compose_files[0])));

  const auto text = init_file(answers);
  const auto loaded = load(text);
  RC_LOG() << text << (loaded ? "" : to_string(loaded.error()));
  RC_ASSERT(loaded.has_value());
  RC_ASSERT(loaded->hosts.size() == answers.hosts.size());
  for (std::size_t i = 0; i < loaded->hosts.size(); ++i) {
    RC_ASSERT(loaded->hosts[i].reach.address == answers.hosts[i].address);
    RC_ASSERT(loaded->hosts[i].reach.user == answers.hosts[i].user);
    RC_ASSERT(loaded->hosts[i].reach.port == answers.hosts[i].port);
    RC_ASSERT(loaded->stages[i].role == answers.hosts[i].role);
    RC_ASSERT(loaded->stages[i].snapshot.has_value() == !answers.hosts[i].snapshot_script.empty());
  }
  const auto& stack = loaded->stages[0].stacks.at(0);
  RC_ASSERT(stack.repository == answers.repository);
  RC_ASSERT(stack.path == answers.path);
  RC_ASSERT(loaded->secrets.places.at(0).to == answers.secrets_to);
}

TEST(init, gives_roles_by_order) {
  std::vector<init_host> hosts(4);
  assign_roles(hosts);
  EXPECT_EQ(hosts[0].role, role::staging);
  EXPECT_EQ(hosts[1].role, role::production);
  EXPECT_EQ(hosts[2].role, role::production);
  EXPECT_EQ(hosts[3].role, role::public_facing);
  hosts.resize(2);
  assign_roles(hosts);
  EXPECT_EQ(hosts[1].role, role::production);
  hosts.resize(1);
  assign_roles(hosts);
  EXPECT_EQ(hosts[0].role, role::production);
}

std::vector<std::string> checks_of(std::string_view compose) {
  std::vector<std::string> checks;
  for (const auto& port : published_ports(compose))
    checks.push_back(proposed_check(port));
  return checks;
}

TEST(compose_ports, of_the_short_syntax) {
  EXPECT_THAT(checks_of(R"(
services:
  web:
    ports: ["8080:80", "127.0.0.1:9000:9000/tcp", "192.0.2.7:81:80", "[::1]:82:80"]
)"),
              ElementsAre("{http: \"http://localhost:8080/\"}",
                          "{http: \"http://localhost:9000/\"}", "{http: \"http://192.0.2.7:81/\"}",
                          "{http: \"http://[::1]:82/\"}"));
}

TEST(compose_ports, of_the_long_syntax) {
  EXPECT_THAT(checks_of(R"(
services:
  web:
    ports:
      - {target: 80, published: "8080", protocol: tcp, mode: host}
      - {target: 80, published: 8081, host_ip: "::1"}
      - {target: 53, published: 53, protocol: udp}
      - {target: 80}
)"),
              ElementsAre("{http: \"http://localhost:8080/\"}", "{http: \"http://[::1]:8081/\"}"));
}

TEST(compose_ports, leaves_out_what_is_not_published_or_not_understood) {
  EXPECT_THAT(checks_of("services: {a: {ports: [80, \"53:53/udp\", \"${PORT}:80\", \"x:y\", "
                        "\"0:80\", \"70000:80\", {}, [], ~]}}"),
              IsEmpty());
  for (const auto* text : {"", "services:", "services: []", "services: {a: }", "not yaml: [",
                           "services: {a: {ports: 80}}", "[]"})
    EXPECT_THAT(checks_of(text), IsEmpty()) << text;
}

TEST(compose_ports, proposes_nothing_that_would_not_stay_in_its_quotes) {
  EXPECT_THAT(checks_of("services: {a: {ports: ['1\"}, {command: x:80:80', {published: 80, target: "
                        "80, host_ip: 'a\\b'}]}}"),
              IsEmpty());
  EXPECT_THAT(
      checks_of("services: {a: {ports: ['80:80'], healthcheck: {test: \"curl http://a/b\\nc "
                "http://d/e\"}}}"),
      ElementsAre("{http: \"http://localhost:80/b\"}"));
}

TEST(compose_ports, takes_defaults_of_variables_and_the_first_of_a_range) {
  EXPECT_THAT(
      checks_of("services: {a: {ports: [\"${PORT:-8080}:80\", \"7000-7005:7000-7005\"]}}"),
      ElementsAre("{http: \"http://localhost:8080/\"}", "{http: \"http://localhost:7000/\"}"));
}

TEST(compose_ports, proposes_tcp_where_http_is_not_spoken) {
  EXPECT_THAT(checks_of("services: {db: {ports: [\"5432:5432\"]}, tls: {ports: [\"443:443\"]}}"),
              ElementsAre("{tcp: localhost:5432}", "{tcp: localhost:443}"));
}

TEST(compose_ports, takes_the_path_of_the_healthcheck) {
  EXPECT_THAT(checks_of(R"(
x-common: &common {restart: always}
services:
  web:
    <<: *common
    ports: ["8080:80"]
    healthcheck: {test: [CMD, curl, -f, "http://localhost:80/health"]}
  api:
    ports: ["8081:80"]
    healthcheck: {test: "wget -q -O- http://localhost/ready?full=1 || exit 1"}
)"),
              ElementsAre("{http: \"http://localhost:8080/health\"}",
                          "{http: \"http://localhost:8081/ready?full=1\"}"));
}

TEST(compose_ports, every_proposal_is_a_check) {
  for (const auto& check : checks_of("services: {a: {ports: [\"8080:80\", \"5432:5432\", "
                                     "\"[::1]:6379:6379\"]}}"))
    good("fleet: a\nhosts: {a: {}}\nstages: {a: {role: production}}\nstack: {health: {checks: ["
         + check + "]}}\n");
}

class ssh_folder : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "baton-ssh-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~ssh_folder() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream{folder_ / name} << text;
    return folder_ / name;
  }
  std::filesystem::path folder_;
};

TEST_F(ssh_folder, names_are_the_hosts_without_patterns) {
  const auto config = write("config", R"(# Host commented
Host thinkpad rtx1080
  HostName 192.0.2.1
Host *.example.org !bad vps
HOST="quoted name" plain
Match host other
Include more.d/*.conf missing
Host thinkpad
)");
  write("more.d/a.conf", "Host from-a\nInclude ../config\n");
  write("more.d/b.conf", "host = from-b\n");
  EXPECT_THAT(ssh_config_names(config), ElementsAre("thinkpad", "rtx1080", "vps", "quoted name",
                                                    "plain", "from-a", "from-b"));
}

TEST_F(ssh_folder, no_file_has_no_names) {
  EXPECT_THAT(ssh_config_names(folder_ / "config"), IsEmpty());
  EXPECT_THAT(ssh_config_names(folder_), IsEmpty());
}

} // namespace
} // namespace baton
