#include "cli/command.hpp"
#include "cli/init_questions.hpp"
#include "cli/workspace.hpp"
#include "runtime/config/load.hpp"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct outcome {
  int exit = 0;
  std::string out, err;
};

/// The commands of this folder in an empty folder, with nobody to ask.
class the_command : public testing::Test {
protected:
  the_command() : before_{fs::current_path()} {
    std::string pattern = testing::TempDir() + "baton-init-XXXXXX";
    if (::mkdtemp(pattern.data()))
      folder_ = fs::canonical(pattern);
    fs::current_path(folder_);
  }
  ~the_command() override {
    std::error_code ignored;
    fs::current_path(before_, ignored);
    fs::remove_all(folder_, ignored);
  }

  static outcome run(std::vector<std::string> words) {
    CLI::App app{"", "baton"};
    cli_context context;
    context.no_input = true;
    add_init(app, context);
    add_check(app, context);
    add_config(app, context);
    std::ranges::reverse(words); // as CLI11 wants them
    app.parse(words);
    outcome ended;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
      ended.exit = context.chosen();
    } catch (const command_failed& why) {
      ended.exit = why.exit_code;
      std::cerr << why.message;
    }
    std::cout << std::flush;
    ended.out = testing::internal::GetCapturedStdout();
    ended.err = testing::internal::GetCapturedStderr();
    return ended;
  }

  std::string read(const std::string& name) const {
    std::ifstream in{folder_ / name};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream{folder_ / name} << text;
  }

  fs::path folder_;

private:
  fs::path before_;
};

TEST_F(the_command, init_without_answers_writes_the_homelab_and_check_takes_it) {
  EXPECT_EQ(run({"init"}).exit, exit_code::ok);
  EXPECT_EQ(read("baton.yaml"), init_file(homelab_answers()));
  const auto checked = run({"check"});
  EXPECT_EQ(checked.exit, exit_code::ok) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("fleet homelab: 3 hosts, 3 stages, 2 environments; all good"));
  EXPECT_THAT(checked.err, HasSubstr("has no checks of its own"));
}

TEST_F(the_command, init_never_overwrites) {
  write("baton.yaml", "mine");
  const auto refused = run({"init"});
  EXPECT_EQ(refused.exit, exit_code::io_error);
  EXPECT_THAT(refused.err, HasSubstr("is there already; --force replaces it"));
  EXPECT_EQ(read("baton.yaml"), "mine");
  fs::create_symlink(folder_ / "nowhere", folder_ / "link.yaml");
  EXPECT_EQ(run({"init", "--output", "link.yaml"}).exit, exit_code::io_error);
  EXPECT_FALSE(fs::exists(folder_ / "nowhere"));
}

TEST_F(the_command, init_replaces_when_forced) {
  write("baton.yaml", "mine");
  EXPECT_EQ(run({"init", "--force"}).exit, exit_code::ok);
  EXPECT_THAT(read("baton.yaml"), HasSubstr("fleet: homelab"));
  EXPECT_FALSE(fs::exists(folder_ / "baton.yaml.new"));
}

TEST_F(the_command, init_replaces_no_device_and_no_link) {
  write("mine.yaml", "mine");
  fs::create_symlink(folder_ / "mine.yaml", folder_ / "link.yaml");
  const auto refused = run({"init", "--force", "--output", "link.yaml"});
  EXPECT_EQ(refused.exit, exit_code::io_error);
  EXPECT_THAT(refused.err, HasSubstr("no plain file"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.yaml"));
  EXPECT_EQ(read("mine.yaml"), "mine");
}

TEST_F(the_command, init_prints_instead) {
  const auto printed = run({"init", "--output", "-"});
  EXPECT_EQ(printed.out, init_file(homelab_answers()));
  EXPECT_EQ(printed.err, "");
  EXPECT_FALSE(fs::exists(folder_ / "baton.yaml"));
}

TEST_F(the_command, init_takes_flags) {
  write("stack.yaml", "services: {web: {ports: [\"8080:80\"]}}\n");
  const auto ended = run({"init",
                          "--fleet",
                          "shop",
                          "--host",
                          "a=me@192.0.2.1:2222",
                          "--host",
                          "b",
                          "--host",
                          "c=ssh:alias",
                          "--role",
                          "b=staging",
                          "--compose",
                          "stack.yaml",
                          "--tests",
                          "make test",
                          "--tests-on",
                          "a",
                          "--snapshot",
                          "b=/opt/snap.sh",
                          "--repository",
                          "https://example.org/shop.git",
                          "--secrets",
                          "sync.sh",
                          "--secret-file",
                          "s.env=/srv/.env"});
  ASSERT_EQ(ended.exit, exit_code::ok) << ended.err;
  const auto loaded = load_fleet("baton.yaml");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->name, "shop");
  EXPECT_EQ(loaded->hosts[0].reach.address, "192.0.2.1");
  EXPECT_EQ(loaded->hosts[0].reach.port, 2222);
  EXPECT_EQ(loaded->hosts[0].reach.user, "me");
  EXPECT_EQ(loaded->hosts[2].reach.ssh, "alias");
  EXPECT_EQ(loaded->stages[1].role, role::staging);
  EXPECT_EQ(loaded->stages[2].role, role::public_facing);
  const auto& stack = loaded->stages[0].stacks[0];
  EXPECT_EQ(stack.path, "~/shop");
  EXPECT_EQ(stack.health.checks.at(0).url, "http://localhost:8080/");
  EXPECT_THAT(std::get<compose_engine>(stack.engine).files, ElementsAre("stack.yaml"));
  EXPECT_THAT(loaded->tests.run.argv, ElementsAre("make", "test"));
  EXPECT_EQ(loaded->stages[1].snapshot->script, "/opt/snap.sh");
  EXPECT_EQ(loaded->secrets.script, folder_ / "sync.sh");
  EXPECT_EQ(loaded->secrets.places.at(0).to, "/srv/.env");
}

TEST_F(the_command, init_proposes_checks_from_the_compose_file_that_lies_there) {
  write("docker-compose.yml", "services: {web: {ports: [\"8081:80\"]}}\n");
  ASSERT_EQ(run({"init", "--host", "a", "--repository", "https://example.org/a.git"}).exit,
            exit_code::ok);
  const auto loaded = load_fleet("baton.yaml");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->stages[0].stacks[0].health.checks.at(0).url, "http://localhost:8081/");
}

TEST_F(the_command, init_refuses_what_would_make_no_good_file) {
  const auto phase = run({"init", "--host", "tests"});
  EXPECT_EQ(phase.exit, exit_code::bad_input);
  EXPECT_THAT(phase.err, HasSubstr("like the phase"));
  EXPECT_EQ(run({"init", "--role", "nobody=staging"}).exit, exit_code::usage);
  EXPECT_THAT(run({"init", "--role", "vpss=staging"}).err, HasSubstr("did you mean \"vps\"?"));
  EXPECT_EQ(run({"init", "--role", "vps=boss"}).exit, exit_code::usage);
  EXPECT_EQ(run({"init", "--host", "a=b:0"}).exit, exit_code::usage);
  EXPECT_EQ(run({"init", "--compose", "none.yaml"}).exit, exit_code::no_input);
  EXPECT_FALSE(fs::exists(folder_ / "baton.yaml"));
}

TEST_F(the_command, check_prints_all_faults_and_ends_with_78) {
  write("baton.yaml", "fleet: a\nhosts: {a: {prot: 1}}\nstack: {repository: r}\n"
                      "stages: {a: {role: stagin}}\n");
  const auto ended = run({"check"});
  EXPECT_EQ(ended.exit, exit_code::config);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err, "baton.yaml:2:13: hosts.a.prot: unknown key; did you mean \"port\"?\n"
                       "baton.yaml:4:20: stages.a.role: one of staging, production, public is "
                       "wanted, not \"stagin\"; did you mean \"staging\"?\n2 faults\n");
  const auto document = nlohmann::json::parse(run({"check", "--json"}).out);
  EXPECT_EQ(document["ok"], false);
  EXPECT_EQ(document["faults"][0]["line"], 2);
  EXPECT_EQ(document["faults"][0]["path"], "hosts.a.prot");
}

TEST_F(the_command, check_without_a_file_ends_with_66) {
  const auto ended = run({"check"});
  EXPECT_EQ(ended.exit, exit_code::no_input);
  EXPECT_THAT(ended.err, HasSubstr("baton init"));
}

TEST_F(the_command, config_show_says_where_values_come_from) {
  write("baton.yaml", "fleet: a\nhosts: {a: {}}\nstack: {repository: r}\n"
                      "stages: {a: {role: staging}}\n");
  const auto shown = run({"config", "show", "--origin"});
  EXPECT_EQ(shown.exit, exit_code::ok) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("role: staging # baton.yaml:4\n"));
  EXPECT_THAT(shown.out, HasSubstr("status: failed # default of the role staging\n"));
  const auto document = nlohmann::json::parse(run({"config", "show", "--origin", "--json"}).out);
  EXPECT_EQ(document["config"]["fleet"]["value"], "a");
  EXPECT_EQ(document["config"]["fleet"]["origin"], "baton.yaml:1");
  EXPECT_EQ(nlohmann::json::parse(run({"config", "show", "--json"}).out)["config"]["fleet"], "a");
}

TEST_F(the_command, config_schema_prints_the_schema) {
  EXPECT_EQ(nlohmann::json::parse(run({"config", "schema"}).out)["title"], "baton.yaml");
}

std::string asked(const std::string& typed) {
  std::istringstream in{typed};
  std::ostringstream out;
  return init_file(ask(in, out, homelab_answers(), {"thinkpad", "vps"}));
}

TEST_F(the_command, only_empty_answers_give_the_homelab) {
  EXPECT_EQ(asked(std::string(30, '\n')), init_file(homelab_answers()));
  EXPECT_EQ(asked(""), init_file(homelab_answers())) << "the end of the input is no answer";
}

TEST_F(the_command, what_is_asked_is_written) {
  std::istringstream in{"shop\na=10.0.0.1 b\n\npublic\n-\n/srv/shop\n\n-\n-\nmake test\nb\n"};
  std::ostringstream out;
  const auto answers = ask(in, out, homelab_answers(), {"thinkpad", "vps"});
  EXPECT_THAT(out.str(), HasSubstr("Your ssh config knows: thinkpad vps"));
  EXPECT_EQ(answers.fleet, "shop");
  ASSERT_EQ(answers.hosts.size(), 2u);
  EXPECT_EQ(answers.hosts[0].address, "10.0.0.1");
  EXPECT_EQ(answers.hosts[0].role, role::staging) << "proposed";
  EXPECT_EQ(answers.hosts[1].role, role::public_facing);
  EXPECT_EQ(answers.repository, "");
  EXPECT_EQ(answers.path, "/srv/shop");
  EXPECT_EQ(answers.secrets_script, "");
  EXPECT_EQ(answers.tests_command, "make test");
  EXPECT_EQ(answers.tests_on, "b");
}

TEST_F(the_command, what_stands_in_brackets_is_what_enter_writes) {
  std::istringstream in{""};
  std::ostringstream out;
  ask(in, out, homelab_answers(), {});
  EXPECT_THAT(out.str(), HasSubstr("Hosts [thinkpad, rtx1080, vps=ssh:jonas-homelab-vps]: "));
  std::istringstream own{"\nthinkpad, rtx1080, vps\n"};
  EXPECT_EQ(ask(own, out, homelab_answers(), {}).hosts.at(2).ssh, "");
}

TEST_F(the_command, hosts_of_an_ssh_config_without_the_homelab_are_proposed) {
  std::istringstream in{""};
  std::ostringstream out;
  const auto answers = ask(in, out, homelab_answers(), {"alpha", "beta"});
  EXPECT_THAT(out.str(), HasSubstr("Hosts [alpha, beta]: "));
  ASSERT_EQ(answers.hosts.size(), 2u);
  EXPECT_EQ(answers.hosts[0].name, "alpha");
  EXPECT_EQ(answers.hosts[1].role, role::production);
  EXPECT_EQ(answers.secrets_script, "") << "theirs, not the homelab's";
}

TEST_F(the_command, a_dash_leaves_the_snapshots_of_the_homelab_out) {
  EXPECT_THAT(asked("\n\n\n\n\n\n\n\n-\n"), Not(HasSubstr("snapshot:")));
}

TEST_F(the_command, init_writes_a_secret_file_without_a_script) {
  const auto ended =
      run({"init", "--host", "a", "--secret-file", "s.env=/srv/.env", "--repository", "r"});
  ASSERT_EQ(ended.exit, exit_code::ok) << ended.err;
  const auto loaded = load_fleet("baton.yaml");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->secrets.script, "");
  EXPECT_EQ(loaded->secrets.places.at(0).to, "/srv/.env");
}

TEST_F(the_command, init_refuses_a_place_for_tests_that_nobody_named) {
  const auto ended = run({"init", "--host", "a", "--tests-on", "a"});
  EXPECT_EQ(ended.exit, exit_code::usage);
  EXPECT_THAT(ended.err, HasSubstr("--tests COMMAND"));
}

TEST(hosts, are_read_as_they_are_typed) {
  const auto full = host_from_text("a=me@192.0.2.1:2222");
  EXPECT_EQ(full.name, "a");
  EXPECT_EQ(full.user, "me");
  EXPECT_EQ(full.address, "192.0.2.1");
  EXPECT_EQ(full.port, 2222);
  EXPECT_EQ(host_from_text("a").address, "");
  EXPECT_EQ(host_from_text("a=::1").address, "::1");
  EXPECT_EQ(host_from_text("a=::1").port, 0);
  EXPECT_EQ(host_from_text("a=[::1]:22").address, "::1");
  EXPECT_EQ(host_from_text("a=[::1]:22").port, 22);
  EXPECT_EQ(host_from_text("a=[::1]").address, "::1");
  EXPECT_EQ(host_from_text("a=ssh:b").ssh, "b");
  for (const auto* text : {"", "=x", "a=", "a=b:", "a=b:x", "a=b:70000", "a=ssh:", "a=me@"})
    EXPECT_EQ(host_from_text(text).name, "") << text;
}

} // namespace
} // namespace baton
