#include "runtime/secrets/secrets_jobs.hpp"
#include "tests/support/script_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace baton;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view sentinel = "s3ntinel-Value'\"$(id)";

/// A fleet of two hosts, each a folder, and the phase secrets_sync over it.
class secrets_steps : public ::testing::TestWithParam<std::vector<std::string>> {
protected:
  secrets_steps() {
    of.run = "20260102-030405-abcd";
    of.fleet.file = (controller_folder / "baton.yaml").string();
    of.hosts = {"one", "two"};
    of.units = {{"controller", ""}, {"one", ""}, {"two", ""}};
    for (const auto& name : of.hosts) {
      host made;
      made.reach.name = name;
      made.vars = {{"ROLE", "it's " + name}};
      of.fleet.hosts.push_back(made);
    }
    auto& secrets = of.fleet.secrets;
    secrets.driver = secrets_driver::builtin;
    secrets.places = {
        {(controller_folder / "master.env").string(), "~/my app/.env", compare_mode::bytes, {}}};
    ::setenv("XDG_STATE_HOME", controller_folder.path().c_str(), 1);
  }

  step_outcome run(step_kind kind, unit_id unit, script_host& on) {
    event::step_started step{"secrets_sync", kind, unit, of.units[unit].host, 1, {}};
    const job_context context{of, step, facts};
    const auto build = [&]() -> expected<job> {
      switch (kind) {
      case step_kind::save_secrets:
        return save_secrets_job(context);
      case step_kind::sync_secrets:
        return sync_secrets_job(context);
      case step_kind::compare_secrets:
        return compare_secrets_job(context);
      default:
        return put_back_secrets_job(context);
      }
    };
    const auto made = build();
    if (!made) {
      step_outcome failed;
      failed.why = made.error();
      return failed;
    }
    script = made->script;
    end = on.run(*made);
    auto outcome = [&] {
      switch (kind) {
      case step_kind::save_secrets:
        return save_secrets_outcome(context, end);
      case step_kind::sync_secrets:
        return sync_secrets_outcome(context, end);
      case step_kind::compare_secrets:
        return compare_secrets_outcome(context, end);
      default:
        return put_back_secrets_outcome(context, end);
      }
    }();
    if (!outcome.why)
      facts[{kind, unit}] = outcome.facts;
    return outcome;
  }

  static std::string why(const step_outcome& outcome) {
    return outcome.why ? describe(*outcome.why) : std::string{};
  }

  fs::path env_of(const script_host& host) const { return host.home() / "my app" / ".env"; }
  fs::path saved_on(const script_host& host) const { return host.state() / "secrets" / of.run; }

  void use_script(std::string on, const fs::path& at, const std::string& body) {
    of.fleet.secrets.driver = secrets_driver::script;
    of.fleet.secrets.on = std::move(on);
    of.fleet.secrets.script = at.string();
    write_file(at, "#!/bin/sh\n" + body, 0700);
  }

  temp_folder controller_folder;
  plan of;
  run_facts facts;
  script_host one{GetParam()};
  script_host two{GetParam()};
  script_host controller{GetParam()};
  std::string script;
  job_end end;
};

INSTANTIATE_TEST_SUITE_P(shells, secrets_steps, ::testing::ValuesIn(shells()),
                         [](const auto& of) { return of.index == 0 ? "dash" : "busybox"; });

} // namespace

TEST_P(secrets_steps, saves_writes_compares_and_puts_back_what_was_there) {
  write_file(controller_folder / "master.env", "KEY=" + std::string{sentinel} + "\n");
  write_file(env_of(one), "KEY=old\n", 0640);
  EXPECT_THAT(why(run(step_kind::save_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(env_of(one)), "KEY=old\n");
  EXPECT_EQ(mode_of(saved_on(one)), 0700U);

  EXPECT_THAT(why(run(step_kind::sync_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(env_of(one)), "KEY=" + std::string{sentinel} + "\n");
  EXPECT_EQ(mode_of(env_of(one)), 0600U);
  EXPECT_THAT(why(run(step_kind::compare_secrets, 1, one)), IsEmpty());

  EXPECT_THAT(why(run(step_kind::put_back_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(env_of(one)), "KEY=old\n");
  EXPECT_EQ(mode_of(env_of(one)), 0640U);
  EXPECT_FALSE(fs::exists(saved_on(one)));
  // Once more is the same, whoever asks.
  EXPECT_THAT(why(run(step_kind::put_back_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(env_of(one)), "KEY=old\n");
}

TEST_P(secrets_steps, takes_away_what_was_not_there_before) {
  write_file(controller_folder / "master.env", "KEY=new\n");
  EXPECT_THAT(why(run(step_kind::save_secrets, 1, one)), IsEmpty());
  EXPECT_THAT(why(run(step_kind::sync_secrets, 1, one)), IsEmpty());
  ASSERT_EQ(read_file(env_of(one)), "KEY=new\n");
  EXPECT_THAT(why(run(step_kind::put_back_secrets, 1, one)), IsEmpty());
  EXPECT_FALSE(fs::exists(env_of(one)));
}

TEST_P(secrets_steps, never_saves_over_what_a_first_attempt_has_saved) {
  write_file(env_of(one), "KEY=old\n");
  EXPECT_THAT(why(run(step_kind::save_secrets, 1, one)), IsEmpty());
  write_file(env_of(one), "KEY=half-way\n");
  EXPECT_THAT(why(run(step_kind::save_secrets, 1, one)), IsEmpty());
  EXPECT_THAT(why(run(step_kind::put_back_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(env_of(one)), "KEY=old\n");
}

TEST_P(secrets_steps, leaves_an_unchanged_file_alone_when_putting_back) {
  write_file(env_of(one), "KEY=old\n");
  struct stat before = {};
  struct stat after = {};
  ASSERT_EQ(::stat(env_of(one).c_str(), &before), 0);
  run(step_kind::save_secrets, 1, one);
  EXPECT_THAT(why(run(step_kind::put_back_secrets, 1, one)), IsEmpty());
  ASSERT_EQ(::stat(env_of(one).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_P(secrets_steps, keeps_links_as_links_and_brings_back_one_that_was_replaced) {
  write_file(controller_folder / "master.env", "KEY=new\n");
  write_file(one.home() / "vault" / "real", "KEY=old\n");
  fs::create_directories(env_of(one).parent_path());
  fs::create_symlink("../vault/real", env_of(one));
  run(step_kind::save_secrets, 1, one);
  EXPECT_THAT(why(run(step_kind::sync_secrets, 1, one)), IsEmpty());
  EXPECT_TRUE(fs::is_symlink(env_of(one)));
  EXPECT_EQ(read_file(one.home() / "vault" / "real"), "KEY=new\n");

  fs::remove(env_of(one));
  write_file(env_of(one), "KEY=by somebody\n");
  EXPECT_THAT(why(run(step_kind::put_back_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(fs::read_symlink(env_of(one)), "../vault/real");
  EXPECT_EQ(read_file(env_of(one)), "KEY=old\n");
}

TEST_P(secrets_steps, keeps_a_stricter_mode_and_the_owner) {
  write_file(controller_folder / "master.env", "KEY=new\n");
  write_file(env_of(one), "KEY=old\n", 0400);
  const bool root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::chown(env_of(one).c_str(), 1234, 2345) == 0);
  run(step_kind::save_secrets, 1, one);
  EXPECT_THAT(why(run(step_kind::sync_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(env_of(one)), "KEY=new\n");
  EXPECT_EQ(mode_of(env_of(one)), 0400U);
  run(step_kind::put_back_secrets, 1, one);
  EXPECT_EQ(read_file(env_of(one)), "KEY=old\n");
  EXPECT_EQ(mode_of(env_of(one)), 0400U);
  struct stat about = {};
  ASSERT_EQ(::stat(env_of(one).c_str(), &about), 0);
  EXPECT_EQ(about.st_uid, root ? 1234U : ::geteuid());
}

TEST_P(secrets_steps, refuses_a_place_that_is_a_folder) {
  fs::create_directories(env_of(one));
  const auto outcome = run(step_kind::save_secrets, 1, one);
  EXPECT_EQ(outcome.why->code, ec::secrets_failed);
  EXPECT_THAT(why(outcome), HasSubstr("is a folder"));
  EXPECT_THAT(why(run(step_kind::put_back_secrets, 1, one)), IsEmpty());
  EXPECT_TRUE(fs::is_directory(env_of(one)));
}

TEST_P(secrets_steps, says_when_the_saved_copies_are_gone) {
  write_file(env_of(one), "KEY=old\n");
  run(step_kind::save_secrets, 1, one);
  fs::remove_all(saved_on(one));
  const auto outcome = run(step_kind::put_back_secrets, 1, one);
  EXPECT_EQ(outcome.why->code, ec::secrets_failed);
  EXPECT_THAT(why(outcome), HasSubstr("are gone"));
}

TEST_P(secrets_steps, tell_a_difference_without_telling_values) {
  write_file(controller_folder / "master.env", "KEY=" + std::string{sentinel} + "\n");
  write_file(env_of(one), "KEY=another-secret\n");
  const auto outcome = run(step_kind::compare_secrets, 1, one);
  ASSERT_TRUE(outcome.why);
  EXPECT_EQ(outcome.why->code, ec::secrets_failed);
  EXPECT_FALSE(outcome.why->retryable);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("my app/.env differs"), Not(HasSubstr("secret"))));
  const auto all = script + end.facts + end.log_tail + why(outcome);
  EXPECT_THAT(all, AllOf(Not(HasSubstr(sentinel)), Not(HasSubstr("another-secret"))));
}

TEST_P(secrets_steps, compare_names_of_keys_where_that_is_asked) {
  of.fleet.secrets.places[0].compare = compare_mode::keys;
  write_file(controller_folder / "master.env",
             "# comment\nexport A_KEY=1\nB=\"x\nNOT_A=key\n\"\n\nC = no\nD='1'\n");
  write_file(env_of(one), "D=other\nB=2\nA_KEY=\n  # Z=1\n");
  EXPECT_THAT(why(run(step_kind::compare_secrets, 1, one)), IsEmpty());
  write_file(env_of(one), "D=other\nEXTRA=2\nMIIabc=\nA_KEY=");
  const auto outcome = run(step_kind::compare_secrets, 1, one);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("lacks B"), HasSubstr("has EXTRA and 1 more"),
                                  Not(HasSubstr("MII"))));
  fs::remove(env_of(one));
  EXPECT_THAT(why(run(step_kind::compare_secrets, 1, one)), HasSubstr("there is no"));
}

TEST_P(secrets_steps, warn_of_a_source_others_can_read_and_fail_without_one) {
  write_file(controller_folder / "master.env", "KEY=new\n", 0644);
  auto outcome = run(step_kind::sync_secrets, 1, one);
  EXPECT_THAT(outcome.notes, ::testing::ElementsAre(HasSubstr("can be read by others: chmod 600")));
  fs::remove(controller_folder / "master.env");
  outcome = run(step_kind::sync_secrets, 1, one);
  EXPECT_EQ(outcome.why->code, ec::secrets_failed);
  EXPECT_THAT(why(outcome), HasSubstr("master.env"));
}

TEST_P(secrets_steps, write_what_a_command_prints_and_compare_with_what_was_written) {
  write_file(controller_folder / "tool", "#!/bin/sh\necho \"KEY=printed-by-$$\"\n", 0700);
  auto& places = of.fleet.secrets.places;
  places[0].from.clear();
  places[0].command = {"./tool"};
  places.push_back(places[0]);
  places[1].to = "~/keys.env";
  places[1].compare = compare_mode::keys;
  EXPECT_THAT(why(run(step_kind::sync_secrets, 1, one)), IsEmpty());
  const auto written = read_file(env_of(one));
  EXPECT_THAT(written, HasSubstr("KEY=printed-by-"));
  EXPECT_EQ(mode_of(env_of(one)), 0600U);
  EXPECT_THAT(facts.at({step_kind::sync_secrets, 1}).at("version"),
              ::testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_THAT(script + end.facts, Not(HasSubstr("printed-by")));
  // It prints something else each time, and is not asked.
  EXPECT_THAT(why(run(step_kind::compare_secrets, 1, one)), IsEmpty());
  write_file(env_of(one), "KEY=another\n");
  write_file(one.home() / "keys.env", "KEY=another\nMORE=1\n");
  EXPECT_THAT(why(run(step_kind::compare_secrets, 1, one)),
              AllOf(HasSubstr("/.env differs"), HasSubstr("keys.env has other names")));
}

TEST_P(secrets_steps, tell_the_version_where_a_script_has_written_what_the_controller_knows) {
  use_script("controller", controller_folder / "sync.sh", ":");
  write_file(controller_folder / "master.env", "KEY=new\n");
  write_file(env_of(one), "KEY=new\n");
  auto outcome = run(step_kind::compare_secrets, 1, one);
  EXPECT_THAT(why(outcome), IsEmpty());
  const auto version = outcome.facts["version"];
  EXPECT_THAT(version, ::testing::MatchesRegex("[0-9a-f]{16}"));
  of.fleet.secrets.driver = secrets_driver::builtin;
  EXPECT_EQ(run(step_kind::sync_secrets, 1, one).facts["version"], version);
  // Names alone say nothing of the values.
  facts.clear();
  of.fleet.secrets.places[0].compare = compare_mode::keys;
  outcome = run(step_kind::compare_secrets, 1, one);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_FALSE(outcome.facts.contains("version"));
}

TEST_P(secrets_steps, call_the_users_script_on_the_controller) {
  const auto seen = controller_folder / "seen";
  use_script("controller", controller_folder / "my sync.sh",
             "echo \"$1 $BATON_HOSTS $PWD ${BATON_FACTS-unset} $(cat | wc -c)\" >>seen\n"
             "[ \"$1\" != status ] || exit 2\n");
  const auto outcome = run(step_kind::sync_secrets, 0, controller);
  EXPECT_THAT(why(outcome), IsEmpty());
  const auto rest = " one two " + controller_folder.path().string() + " unset 0\n";
  EXPECT_EQ(read_file(seen), "test" + rest + "status" + rest + "sync" + rest);
}

TEST_P(secrets_steps, call_the_users_script_on_each_host_with_its_vars) {
  use_script("each_host", one.home() / "bin" / "sync.sh",
             "echo \"$1 $BATON_HOSTS $ROLE\" >>~/seen");
  of.fleet.secrets.script = "~/bin/sync.sh";
  EXPECT_THAT(why(run(step_kind::sync_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(one.home() / "seen"),
            "test one it's one\nstatus one it's one\nsync one it's one\n");
}

TEST_P(secrets_steps, stop_at_a_script_that_fails_and_say_how) {
  use_script("controller", controller_folder / "sync.sh",
             "[ $1 != test ] || { echo no access >&2; exit 3; }; touch ran");
  auto outcome = run(step_kind::sync_secrets, 0, controller);
  EXPECT_EQ(outcome.why->code, ec::secrets_failed);
  EXPECT_THAT(why(outcome), HasSubstr("sync.sh test ended with status 3"));
  EXPECT_THAT(why(outcome), HasSubstr("no access"));
  EXPECT_TRUE(outcome.changed_nothing);
  EXPECT_FALSE(fs::exists(controller_folder / "ran"));

  use_script("controller", controller_folder / "sync.sh", "[ $1 != sync ] || kill -KILL $$");
  outcome = run(step_kind::sync_secrets, 0, controller);
  EXPECT_THAT(why(outcome), HasSubstr("sync.sh sync was killed by SIGKILL"));
  EXPECT_FALSE(outcome.changed_nothing);
}

TEST_P(secrets_steps, name_a_script_that_is_missing_or_cannot_be_run) {
  use_script("controller", controller_folder / "sync.sh", "");
  fs::permissions(controller_folder / "sync.sh", fs::perms::owner_read);
  EXPECT_THAT(why(run(step_kind::sync_secrets, 0, controller)), HasSubstr("chmod +x"));
  fs::remove(controller_folder / "sync.sh");
  EXPECT_THAT(why(run(step_kind::sync_secrets, 0, controller)), HasSubstr("there is no"));
}

TEST_P(secrets_steps, compare_on_every_host_with_a_source_on_one_of_them) {
  use_script("one", one.home() / "sync.sh", ":");
  auto& places = of.fleet.secrets.places;
  places = {{"~/master", "~/my app/.env", compare_mode::bytes, {}},
            {"~/master", "~/my app/keys.env", compare_mode::keys, {}}};
  write_file(one.home() / "master", "B=" + std::string{sentinel} + "\nA=2\n");
  for (auto* host : {&one, &two}) {
    write_file(env_of(*host), "B=" + std::string{sentinel} + "\nA=2\n");
    write_file(host->home() / "my app" / "keys.env", "A=x\nB=y\n");
  }
  const auto outcome = run(step_kind::sync_secrets, 1, one);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(end.facts + end.log_tail, Not(HasSubstr(sentinel)));
  EXPECT_THAT(why(run(step_kind::compare_secrets, 1, one)), IsEmpty());
  EXPECT_THAT(why(run(step_kind::compare_secrets, 2, two)), IsEmpty());

  write_file(env_of(two), "B=else\n");
  write_file(two.home() / "my app" / "keys.env", "A=x\n");
  const auto differs = run(step_kind::compare_secrets, 2, two);
  EXPECT_THAT(why(differs),
              AllOf(HasSubstr("/.env differs"), HasSubstr("keys.env has other names")));
  EXPECT_EQ(mode_of(controller_folder / "baton" / "compare.key"), 0600U);
}

TEST_P(secrets_steps, say_when_the_source_on_the_other_host_cannot_be_read) {
  use_script("one", one.home() / "sync.sh", ":");
  of.fleet.secrets.places = {{"~/master", "~/my app/.env", compare_mode::bytes, {}}};
  write_file(env_of(two), "A=1\n");
  EXPECT_THAT(why(run(step_kind::sync_secrets, 1, one)), IsEmpty());
  EXPECT_THAT(why(run(step_kind::compare_secrets, 2, two)), HasSubstr("cannot be read"));
}

TEST_P(secrets_steps, take_hostile_paths_as_paths) {
  const std::string name = "a'b\"c $(touch pwned) `touch pwned`; touch pwned #\n*?";
  const auto from = controller_folder / name;
  write_file(from, "KEY=new\n");
  of.fleet.secrets.places = {{from.string(), "~/" + name + "/" + name, compare_mode::bytes, {}}};
  const auto target = one.home() / name / name;
  write_file(target, "KEY=old\n");
  // A newline in a path is the one thing that the copies cannot name: refused, not mistaken.
  EXPECT_THAT(why(run(step_kind::save_secrets, 1, one)), HasSubstr("line break"));
  const auto flat = name.substr(0, name.find('\n'));
  of.fleet.secrets.places[0].to = "~/" + flat + "/" + flat;
  write_file(one.home() / flat / flat, "KEY=old\n");
  EXPECT_THAT(why(run(step_kind::save_secrets, 1, one)), IsEmpty());
  EXPECT_THAT(why(run(step_kind::sync_secrets, 1, one)), IsEmpty());
  EXPECT_THAT(why(run(step_kind::compare_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(one.home() / flat / flat), "KEY=new\n");
  EXPECT_THAT(why(run(step_kind::put_back_secrets, 1, one)), IsEmpty());
  EXPECT_EQ(read_file(one.home() / flat / flat), "KEY=old\n");
  EXPECT_FALSE(fs::exists(one.home() / "pwned"));
  EXPECT_FALSE(fs::exists("pwned"));
}

TEST_P(secrets_steps, never_show_a_secret_in_arguments_facts_or_log) {
  // Enough of them that whoever reads /proc all the time would see one.
  std::string content;
  for (int i = 0; i < 200; ++i)
    content += "KEY_" + std::to_string(i) + "=" + std::string{sentinel} + "\n";
  write_file(controller_folder / "master.env", content);
  std::string seen;
  std::jthread watcher{[&](const std::stop_token& stop) {
    while (!stop.stop_requested())
      for (const auto& process : fs::directory_iterator{"/proc"})
        for (const auto* what : {"cmdline", "environ"}) {
          const auto text = read_file(process.path() / what);
          if (text.find("s3ntinel-Value") != std::string::npos)
            seen = text;
        }
  }};
  of.fleet.secrets.places.push_back(of.fleet.secrets.places[0]);
  of.fleet.secrets.places[1].to = "~/keys.env";
  of.fleet.secrets.places[1].compare = compare_mode::keys;
  for (const auto kind : {step_kind::save_secrets, step_kind::sync_secrets,
                          step_kind::compare_secrets, step_kind::put_back_secrets}) {
    EXPECT_THAT(why(run(kind, 1, one)), IsEmpty());
    EXPECT_THAT(script + end.facts + end.log_tail, Not(HasSubstr("s3ntinel")));
  }
  watcher.request_stop();
  watcher.join();
  EXPECT_THAT(seen, IsEmpty());
}

TEST_P(secrets_steps, change_nothing_when_the_disk_is_full) {
  if (::access("/dev/full", W_OK) != 0)
    GTEST_SKIP() << "no /dev/full here";
  write_file(controller_folder / "master.env", "KEY=new\n");
  write_file(env_of(one), "KEY=old\n");
  // What cannot be laid beside the second place must not change the first.
  of.fleet.secrets.places.push_back(of.fleet.secrets.places[0]);
  of.fleet.secrets.places[1].to = "~/sub/second";
  write_file(one.home() / "sub", "a file where a folder should be");
  const auto outcome = run(step_kind::sync_secrets, 1, one);
  EXPECT_EQ(outcome.why->code, ec::secrets_failed);
  EXPECT_EQ(read_file(env_of(one)), "KEY=old\n");
  EXPECT_FALSE(fs::exists(env_of(one).string() + ".baton-new"));
}
