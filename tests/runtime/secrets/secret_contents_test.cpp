#include "runtime/secrets/secret_contents.hpp"

#include "runtime/secrets/secret_command.hpp"
#include "runtime/secrets/secret_version.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace baton {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

/// A command that prints a line for each time it was run: `$1`, and how often.
class secret_sources : public testing::Test {
protected:
  secret_sources() {
    ::setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
    of.name = "homelab";
    of.file = (folder / "baton.yaml").string();
    for (const auto* name : {"one", "two"}) {
      host made;
      made.reach.name = name;
      made.vars = {{"PART", std::string{"p4rt-of-"} + name}};
      of.hosts.push_back(made);
    }
    of.secrets.driver = secrets_driver::builtin;
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream{folder / name} << text;
    std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
  }

  void counts() {
    write("tool", "#!/bin/sh\necho \"$1\" >>calls\necho \"KEY=$1-$(wc -l <calls)-times\"\n");
  }

  std::size_t calls() const {
    std::ifstream in{folder / "calls"};
    std::size_t lines = 0;
    for (std::string line; std::getline(in, line);)
      ++lines;
    return lines;
  }

  void place(std::vector<std::string> command, std::vector<std::string> on = {}) {
    secret_place made;
    made.to = "~/.env";
    made.command = std::move(command);
    made.hosts = std::move(on);
    of.secrets.places.push_back(made);
  }

  secret_contents make() const { return {of, {{"one", "two"}, "production", known, printed}}; }

  temp_folder folder;
  fleet of;
  std::shared_ptr<known_secrets> known = std::make_shared<known_secrets>(of);
  std::shared_ptr<printed_secrets> printed = std::make_shared<printed_secrets>();
};

TEST_F(secret_sources, run_a_command_once_however_many_steps_and_houses_ask) {
  counts();
  place({"./tool", "all"});
  {
    secret_contents contents{make()};
    contents.learn();
    EXPECT_EQ(*contents.with_all("one", 1)->at(0).text, "KEY=all-1-times\n");
    EXPECT_EQ(*contents.with_all("two", 2)->at(0).text, "KEY=all-1-times\n");
    EXPECT_EQ(*contents.alone("two", 1)->at(0).text, "KEY=all-1-times\n");
  }
  known = std::make_shared<known_secrets>(of);
  secret_contents again{make()};
  again.learn();
  EXPECT_EQ(known->all()->redact("all-1-times"), "***") << "also what another house has asked for";
  EXPECT_EQ(calls(), 1U);
}

TEST_F(secret_sources, run_it_for_each_host_where_it_depends_on_the_host) {
  counts();
  place({"./tool", "{{host}}"});
  secret_contents contents{make()};
  EXPECT_EQ(*contents.with_all("two", 1)->at(0).text, "KEY=two-2-times\n");
  EXPECT_EQ(*contents.with_all("one", 1)->at(0).text, "KEY=one-1-times\n");
  EXPECT_EQ(calls(), 2U);
}

TEST_F(secret_sources, know_what_is_printed_before_anybody_has_it) {
  write("tool", "#!/bin/sh\necho 'KEY=from-the-vault'\n");
  place({"./tool"});
  secret_contents contents{make()};
  EXPECT_EQ(known->all()->redact("from-the-vault"), "from-the-vault");
  contents.learn();
  EXPECT_EQ(known->all()->redact("from-the-vault"), "***");
}

TEST_F(secret_sources, fill_in_for_each_host_and_know_that_too) {
  write("app.tmpl", "KEY=static-k3y-{{vars.PART}}\nOTHER=an0ther-value\n");
  secret_place one;
  one.from = (folder / "app.tmpl").string();
  one.to = "~/app.env";
  one.is_template = true;
  of.secrets.places = {one};
  write("tool", "#!/bin/sh\necho 'KEY={{vars.PART}}-by-tool'\n");
  place({"./tool"});
  of.secrets.places.back().is_template = true;
  of.environments = {{"production", {"all"}}};
  stage all;
  all.name = "all";
  all.hosts = {"one", "two"};
  of.stages = {all};
  known = std::make_shared<known_secrets>(of);
  EXPECT_EQ(known->all()->redact("static-k3y-p4rt-of-two an0ther-value"), "*** ***")
      << "a file's is known without any step";
  EXPECT_EQ(known->all()->redact("{{vars.PART}}"), "{{vars.PART}}") << "a mistake has to be named";
  secret_contents contents{make()};
  const auto two = contents.with_all("two", 1);
  ASSERT_TRUE(two);
  EXPECT_EQ(*two->at(0).text, "KEY=static-k3y-p4rt-of-two\nOTHER=an0ther-value\n");
  EXPECT_EQ(*two->at(1).text, "KEY=p4rt-of-two-by-tool\n");
  EXPECT_EQ(known->all()->redact("p4rt-of-one-by-tool p4rt-of-two-by-tool"), "*** ***");
}

TEST_F(secret_sources, are_had_by_no_host_where_one_of_another_fails) {
  counts();
  write("fails", "#!/bin/sh\necho try >>tries\necho sealed >&2\nexit 4\n");
  place({"./tool", "all"});
  place({"./fails"}, {"two"});
  secret_contents contents{make()};
  for (const auto* host : {"one", "two"}) {
    const auto got = contents.with_all(host, 1);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ec::secrets_failed);
    EXPECT_EQ(got.error().target, "two");
    EXPECT_TRUE(got.error().retryable);
    EXPECT_EQ(got.error().what, "~/.env of two: `./fails` ended with status 4: sealed");
  }
  EXPECT_TRUE(contents.alone("one", 1)) << "to compare one host another's are not needed";
  write("fails", "#!/bin/sh\necho try >>tries\necho KEY=unsealed\n");
  EXPECT_FALSE(contents.with_all("one", 1)) << "what this attempt was told stays";
  EXPECT_TRUE(contents.with_all("one", 2));
  EXPECT_EQ(calls(), 1U) << "what went well is not asked for again";
}

TEST_F(secret_sources, count_one_that_failed_ahead_as_the_first_attempt) {
  counts();
  write("fails", "#!/bin/sh\n./tool once >&2\nexit 1\n");
  place({"./fails"});
  secret_contents contents{make()};
  contents.learn();
  EXPECT_FALSE(contents.with_all("one", 1));
  EXPECT_EQ(calls(), 1U);
  contents.learn();
  EXPECT_EQ(calls(), 2U) << "a person may have done something about it";
}

TEST_F(secret_sources, end_with_a_command_that_is_stopped) {
  write("tool", "#!/bin/sh\ntouch began\nsleep 300 & wait\n");
  place({"./tool", "{{host}}"});
  secret_contents contents{make()};
  std::thread other{[&] {
    while (!std::filesystem::exists(folder / "began"))
      std::this_thread::yield();
    contents.stop();
  }};
  contents.learn();
  other.join();
  EXPECT_EQ(contents.with_all("one", 2).error().code, ec::cancelled);
}

TEST_F(secret_sources, say_of_files_which_others_can_read) {
  secret_place one;
  one.from = (folder / "{{host}}.env").string();
  one.to = "~/.env";
  of.secrets.places = {one};
  write("one.env", "KEY=of-one\n");
  write("two.env", "KEY=of-two\n");
  std::filesystem::permissions(folder / "two.env", std::filesystem::perms{0644});
  secret_contents contents{make()};
  EXPECT_EQ(contents.with_all("one", 1)->at(0).open_file, "");
  EXPECT_EQ(contents.with_all("two", 1)->at(0).open_file, (folder / "two.env").string());
  EXPECT_EQ(*contents.with_all("two", 1)->at(0).text, "KEY=of-two\n");
  write("two.env", "KEY=changed\n");
  EXPECT_EQ(*contents.with_all("two", 1)->at(0).text, "KEY=of-two\n") << "one attempt, one content";
  EXPECT_EQ(*contents.with_all("two", 2)->at(0).text, "KEY=changed\n");
}

TEST_F(secret_sources, have_a_version_that_is_the_same_for_the_same) {
  const auto version = [](const std::string& to, const std::string& text) {
    secret_place place;
    place.to = to;
    return version_of({{1, &place, std::make_shared<const std::string>(text), ""}}).value();
  };
  const auto first = version("~/.env", "KEY=1\n");
  EXPECT_THAT(first, testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(version("~/.env", "KEY=1\n"), first);
  EXPECT_NE(version("~/.env", "KEY=2\n"), first);
  EXPECT_NE(version("~/.en", "vKEY=1\n"), first);
  EXPECT_EQ(version_of({}).value(), "");
  std::filesystem::remove(folder / "baton" / "compare.key");
  EXPECT_NE(version("~/.env", "KEY=1\n"), first) << "keyed: nobody else can try a guess";
}

class a_secret_command : public secret_sources {
protected:
  expected<std::string> run(const std::string& script, duration deadline = 60s) {
    return run_secret_command({{"sh", "-c", script}, folder.path(), deadline}, *known);
  }
};

TEST_F(a_secret_command, has_no_shell_no_input_and_the_folder_of_the_file) {
  EXPECT_EQ(run("pwd; cat | wc -c").value(), folder.path().string() + "\n0\n");
  EXPECT_EQ(
      run_secret_command({{"printf", "%s", "$HOME; `id` *"}, folder.path(), 60s}, *known).value(),
      "$HOME; `id` *");
}

TEST_F(a_secret_command, says_how_it_failed_without_what_it_printed) {
  const auto failed = run("echo K=from-the-'v'ault; echo 'at from-the-vault: bad' >&2; exit 3");
  EXPECT_THAT(failed.error().what,
              AllOf(HasSubstr("ended with status 3: at ***: bad"), Not(HasSubstr("K=from-the-v"))));
  EXPECT_TRUE(failed.error().retryable);
  EXPECT_THAT(run("kill -TERM $$").error().what, HasSubstr("was killed by SIGTERM"));
  const auto nothing = run("echo; echo 'no such entry' >&2");
  EXPECT_THAT(nothing.error().what, HasSubstr("printed nothing: no such entry"));
  EXPECT_FALSE(nothing.error().retryable);
  const auto late = run("echo KEY=half-of-it; sleep 300 & wait", 100ms);
  EXPECT_EQ(late.error().code, ec::timed_out);
  EXPECT_THAT(late.error().what, HasSubstr("did not end within 100ms (deadlines.secrets)"));
  EXPECT_EQ(known->all()->redact("half-of-it"), "***");
  const auto missing = run_secret_command({{"no-such-tool", "x"}, folder.path(), 60s}, *known);
  EXPECT_EQ(missing.error().code, ec::missing_tool);
  EXPECT_THAT(missing.error().what, HasSubstr("there is no program `no-such-tool`"));
}

TEST_F(a_secret_command, may_print_a_mebibyte_and_no_more) {
  EXPECT_EQ(run("head -c 1048576 /dev/zero | tr '\\0' x").value().size(), 1U << 20);
  EXPECT_THAT(run("head -c 1048577 /dev/zero | tr '\\0' x").error().what,
              HasSubstr("more than 1 MiB"));
  // One that would go on and on is ended.
  EXPECT_THAT(run("exec yes", std::chrono::hours{1}).error().what, HasSubstr("more than 1 MiB"));
  EXPECT_THAT(run("yes >&2", std::chrono::hours{1}).error().what, HasSubstr("was killed by SIG"));
}

TEST_F(a_secret_command, is_told_by_its_first_words) {
  EXPECT_EQ(told({"sops", "-d", "a.env"}), "sops -d a.env");
  EXPECT_EQ(told({"sops", std::string(500, 'x')}), "sops …");
}

} // namespace
} // namespace baton
