#include "world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace baton::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

/// A stack whose engine only writes down what it is asked.
class git_release : public testing::TestWithParam<const char*> {
protected:
  git_release() {
    command_engine engine;
    engine.start.shell = "cat VERSION >>\"$HOME/started\"; umask >\"$HOME/umask\"";
    engine.status.shell = "test -s \"$HOME/started\"";
    engine.stop.shell = "rm -f \"$HOME/started\"";
    at.the_stack().engine = engine;
  }
  std::string publish(const std::string& version,
                      std::vector<std::pair<std::string, std::string>> more = {}) {
    more.emplace_back("VERSION", version + "\n");
    return at.commit(more, version);
  }
  step_outcome up_to(step_kind last) {
    step_outcome outcome;
    for (const auto kind : {step_kind::resolve, step_kind::inspect, step_kind::baseline,
                            step_kind::prepare, step_kind::activate}) {
      outcome = at.run(kind);
      if (outcome.why || kind == last)
        break;
    }
    return outcome;
  }
  step_outcome resolve(const std::string& ref) {
    at.begin(ref);
    return at.run(step_kind::resolve);
  }
  std::string version() { return at.read(at.checkout / "VERSION"); }

  world at{shell_named(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(shells, git_release, testing::Values("dash", "busybox"),
                         [](const auto& one) { return std::string{one.param}; });

// --- resolve
// --------------------------------------------------------------------------------------

TEST_P(git_release, a_branch_a_tag_and_a_commit_are_resolved_to_the_commit) {
  const auto v1 = publish("v1");
  at.git({"tag", "-a", "-m", "peel me", "v1"});
  at.git({"branch", "feature/one"});
  const auto v2 = publish("v2");
  EXPECT_EQ(resolve("main").facts.at("commit"), v2);
  EXPECT_EQ(resolve("HEAD").facts.at("commit"), v2);
  EXPECT_EQ(resolve("v1").facts.at("commit"), v1);
  EXPECT_EQ(resolve("refs/tags/v1").facts.at("commit"), v1);
  EXPECT_EQ(resolve("feature/one").facts.at("commit"), v1);
  EXPECT_EQ(resolve(v1).facts.at("commit"), v1);
  EXPECT_EQ(resolve(v1.substr(0, 7)).facts.at("commit"), v1);
}

TEST_P(git_release, a_branch_that_moves_is_seen_and_so_is_a_tag) {
  publish("v1");
  at.git({"tag", "stable"});
  resolve("main");
  at.git({"commit", "-q", "--amend", "-m", "rewritten"});
  at.git({"tag", "-f", "stable"});
  const auto now = at.git({"rev-parse", "HEAD"});
  EXPECT_EQ(resolve("main").facts.at("commit"), now);
  EXPECT_EQ(resolve("stable").facts.at("commit"), now);
}

TEST_P(git_release, a_commit_that_no_branch_has_any_more_is_found_by_its_id) {
  publish("v1");
  const auto gone = publish("v2");
  at.git({"reset", "-q", "--hard", "HEAD~1"});
  EXPECT_EQ(resolve(gone).facts.at("commit"), gone);
}

TEST_P(git_release, a_ref_that_does_not_exist_is_named_with_near_ones) {
  publish("v1");
  at.git({"branch", "feature-login"});
  const auto wrong = resolve("feature-logn");
  ASSERT_TRUE(wrong.why);
  EXPECT_EQ(wrong.why->code, ec::bad_commit);
  EXPECT_FALSE(wrong.why->retryable);
  EXPECT_THAT(wrong.why->what, HasSubstr("did you mean `feature-login`?"));
  EXPECT_EQ(wrong.why->target, controller_name);
  EXPECT_EQ(resolve("0123456789012345678901234567890123456789").why->code, ec::bad_commit);
  EXPECT_EQ(resolve("abcd123").why->code, ec::bad_commit);
}

TEST_P(git_release, a_name_that_is_a_branch_and_a_tag_must_be_said_in_full) {
  publish("v1");
  at.git({"tag", "both"});
  publish("v2");
  at.git({"branch", "both"});
  const auto twice = resolve("both");
  ASSERT_TRUE(twice.why);
  EXPECT_EQ(twice.why->code, ec::bad_commit);
  EXPECT_THAT(twice.why->what, HasSubstr("refs/heads/both or refs/tags/both"));
}

TEST_P(git_release, a_ref_with_shell_characters_is_refused_before_git_runs) {
  for (const auto* ref : {"-x", "--upload-pack=touch /tmp/x", "a b", "$(id)", "a;b", "a`b`", "x^{}",
                          "a..b", "a\nb", "", "@", "main@{1}", "a.lock", "*"}) {
    const auto refused = resolve(ref);
    ASSERT_TRUE(refused.why) << ref;
    EXPECT_EQ(refused.why->code, ec::bad_commit) << ref;
  }
  EXPECT_FALSE(fs::exists(at.root / "cache"));
}

TEST_P(git_release, a_remote_that_cannot_be_reached_may_come_back) {
  at.the_stack().repository = (at.root / "nowhere").string();
  auto away = resolve("main");
  ASSERT_TRUE(away.why);
  EXPECT_EQ(away.why->code, ec::remote_git);
  EXPECT_FALSE(away.why->retryable) << describe(*away.why);
  at.the_stack().repository = "http://127.0.0.1:9/x.git";
  away = resolve("main");
  ASSERT_TRUE(away.why);
  EXPECT_EQ(away.why->code, ec::remote_git);
  EXPECT_TRUE(away.why->retryable) << describe(*away.why);
}

TEST_P(git_release, each_repository_has_its_own_commit) {
  publish("v1");
  const auto other = at.root / "other";
  at.git({"clone", "-q", at.origin.string(), other.string()}, at.root);
  at.git({"commit", "-q", "--allow-empty", "-m", "own"}, other);
  auto second = at.the_stack();
  second.name = "second";
  second.repository = other.string();
  at.plan.stages[0].stacks.push_back(second);
  const auto found = resolve("main");
  ASSERT_FALSE(found.why) << describe(*found.why);
  EXPECT_EQ(found.facts.at("commit"), at.git({"rev-parse", "HEAD"}));
  EXPECT_EQ(found.facts.at("commit:web"), at.git({"rev-parse", "HEAD"}));
  EXPECT_EQ(found.facts.at("commit:second"), at.git({"rev-parse", "HEAD"}, other));
}

// --- dirty
// ----------------------------------------------------------------------------------------

TEST_P(git_release, changed_files_are_refused_and_listed) {
  publish("v1", {{"a b", "1"}, {"notes", "1"}});
  at.deploy();
  at.settle(true);
  publish("v2");
  at.write(at.checkout / "a b", "mine");
  fs::remove(at.checkout / "notes");
  at.begin();
  for (const auto kind : {step_kind::inspect, step_kind::prepare}) {
    at.run(step_kind::resolve);
    const auto refused = at.run(kind);
    ASSERT_TRUE(refused.why);
    EXPECT_EQ(refused.why->code, ec::dirty);
    EXPECT_FALSE(refused.why->retryable);
    EXPECT_THAT(refused.why->what, HasSubstr("a b, notes"));
  }
  EXPECT_EQ(version(), "v1\n");
  EXPECT_EQ(at.read(at.checkout / "a b"), "mine");
}

TEST_P(git_release, what_becomes_dirty_after_prepare_is_refused_untouched) {
  publish("v1");
  at.deploy();
  at.settle(true);
  publish("v2");
  at.begin();
  ASSERT_FALSE(up_to(step_kind::prepare).why);
  at.write(at.checkout / "VERSION", "by hand\n");
  const auto refused = at.run(step_kind::activate);
  ASSERT_TRUE(refused.why);
  EXPECT_EQ(refused.why->code, ec::dirty);
  EXPECT_TRUE(refused.changed_nothing);
  EXPECT_EQ(version(), "by hand\n");
  EXPECT_EQ(at.run(step_kind::restore).facts.at("restored"), "untouched");
}

TEST_P(git_release, untracked_files_that_the_commit_would_overwrite_are_refused_ignored_ones_too) {
  publish("v1", {{".gitignore", "local.conf\n"}});
  at.deploy();
  at.settle(true);
  publish("v2",
          {{"local.conf", "theirs"}, {"dir/file", "theirs"}, {"same", "same"}, {"n'w\"\n$x", "t"}});
  at.write(at.checkout / "local.conf", "mine");
  at.write(at.checkout / "dir", "a file where the commit has a folder");
  at.write(at.checkout / "same", "same");
  at.write(at.checkout / "n'w\"\n$x", "mine");
  at.write(at.checkout / "other", "nobody minds");
  at.begin();
  const auto refused = up_to(step_kind::activate);
  ASSERT_TRUE(refused.why);
  EXPECT_EQ(refused.why->code, ec::dirty);
  EXPECT_THAT(refused.why->what,
              AllOf(HasSubstr("local.conf"), HasSubstr("dir"), HasSubstr("n'w\"?$x"),
                    Not(HasSubstr("same")), Not(HasSubstr("other"))));
  EXPECT_EQ(at.read(at.checkout / "local.conf"), "mine");
}

TEST_P(git_release, discarded_changes_can_be_had_back) {
  at.the_stack().dirty = dirty_policy::discard;
  publish("v1", {{"conf", "1\n"}});
  at.deploy();
  at.settle(true);
  publish("v2", {{"new\nname", "theirs"}});
  at.write(at.checkout / "conf", "mine\n");
  at.write(at.checkout / "new\nname", "mine too");
  at.begin();
  const auto done = up_to(step_kind::activate);
  ASSERT_FALSE(done.why) << describe(*done.why) << at.last_log;
  EXPECT_EQ(version(), "v2\n");
  EXPECT_EQ(at.read(at.checkout / "conf"), "1\n");
  EXPECT_EQ(at.read(at.checkout / "new\nname"), "theirs");
  EXPECT_EQ(at.read(at.state / "stacks/fleet/alpha/web/release" / at.plan.release / "discarded"
                    / "new\nname"),
            "mine too");
  EXPECT_THAT(done.notes, Contains(HasSubstr("stash apply refs/baton/")));
  at.git({"stash", "apply", "-q", "refs/baton/fleet/alpha/web/discarded/" + at.plan.release},
         at.checkout);
  EXPECT_EQ(at.read(at.checkout / "conf"), "mine\n");
}

TEST_P(git_release, kept_changes_stay_and_only_conflicts_are_refused) {
  at.the_stack().dirty = dirty_policy::keep;
  publish("v1", {{"conf", "1\n"}, {"other", "1\n"}});
  at.deploy();
  at.settle(true);
  at.write(at.checkout / "conf", "mine\n");
  publish("v2");
  at.deploy();
  EXPECT_EQ(version(), "v2\n");
  EXPECT_EQ(at.read(at.checkout / "conf"), "mine\n");
  ASSERT_FALSE(at.run(step_kind::restore).why);
  EXPECT_EQ(version(), "v1\n");
  EXPECT_EQ(at.read(at.checkout / "conf"), "mine\n");
  publish("v3", {{"conf", "3\n"}});
  at.begin();
  const auto refused = up_to(step_kind::activate);
  ASSERT_TRUE(refused.why);
  EXPECT_EQ(refused.why->code, ec::dirty);
  EXPECT_THAT(refused.why->what, HasSubstr("conf"));
}

TEST_P(git_release, a_rollback_is_not_held_up_by_what_the_release_wrote_into_tracked_files) {
  publish("v1", {{"data", "1\n"}});
  at.deploy();
  at.settle(true);
  publish("v2");
  at.deploy();
  at.write(at.checkout / "data", "written by v2\n");
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why);
  EXPECT_EQ(version(), "v1\n");
  EXPECT_EQ(at.read(at.checkout / "data"), "1\n");
  EXPECT_THAT(restored.notes, Contains(HasSubstr("stash apply refs/baton/")));
}

TEST_P(git_release, a_lock_that_a_dead_git_left_is_named) {
  publish("v1");
  at.deploy();
  at.settle(true);
  publish("v2");
  at.write(at.checkout / ".git/index.lock", "");
  at.begin();
  const auto looked = up_to(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_THAT(looked.why->what, HasSubstr("rm " + (at.checkout / ".git/index.lock").string()));
}

// --- pre-flight
// -----------------------------------------------------------------------------------

TEST_P(git_release, pre_flight_names_all_that_is_wrong_with_what_mends_it) {
  publish("v1", {{"conf", "1\n"}});
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  publish("v2", {{".env", "SECRET=x\n"}});
  at.write(at.checkout / "conf", "mine");
  at.plan.fleet.disk_free_min = 1'000'000'000'000'000;
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  at.the_stack().repository = (at.root / "nowhere").string();
  const auto looked = at.run(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_THAT(looked.why->what, AllOf(HasSubstr("things are wrong"), HasSubstr("cannot ask"),
                                      HasSubstr("conf"), HasSubstr("needed are 1000000.0 GB")));
  EXPECT_EQ(looked.facts.at("fault.1.code"), "remote_git");
  EXPECT_THAT(looked.facts.at("fault.2.mend"), HasSubstr("stash"));
  EXPECT_EQ(looked.why->target, "alpha");
  ASSERT_TRUE(looked.view);
  EXPECT_TRUE(looked.view->seen);
}

TEST_P(git_release, a_tracked_env_file_is_refused) {
  publish("v1", {{".env", "SECRET=x\n"}});
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.begin();
  const auto looked = up_to(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_EQ(looked.why->code, ec::config_invalid);
  EXPECT_THAT(looked.why->what, HasSubstr("git rm --cached .env"));
}

TEST_P(git_release, a_folder_that_is_no_checkout_is_left_alone) {
  publish("v1");
  at.write(at.checkout / "precious", "mine");
  at.begin();
  const auto looked = up_to(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_THAT(looked.why->what, HasSubstr("is no git checkout"));
  EXPECT_EQ(at.run(step_kind::prepare).why->code, ec::config_invalid);
  EXPECT_EQ(at.read(at.checkout / "precious"), "mine");
}

TEST_P(git_release, a_look_changes_nothing) {
  publish("v1");
  at.deploy();
  at.settle(true);
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  at.sh("touch app/VERSION; touch -d '2001-01-01' stamp; find app state -exec touch -hd 2000-01-01 "
        "{} +");
  ASSERT_FALSE(at.run(step_kind::inspect).why);
  ASSERT_FALSE(at.run(step_kind::look).why);
  EXPECT_EQ(at.sh("find app state -newer stamp"), "");
}

// --- what travels
// ---------------------------------------------------------------------------------

TEST_P(git_release, a_bundle_brings_the_commit_to_a_host_that_cannot_reach_the_remote) {
  at.the_stack().source = source_kind::push;
  publish("v1");
  at.deploy();
  at.settle(true);
  EXPECT_EQ(version(), "v1\n");
  const auto v2 = publish("v2");
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  ASSERT_FALSE(at.run(step_kind::inspect).why);
  EXPECT_EQ((at.facts.at({step_kind::inspect, 2}).at("have_commit")),
            at.git({"rev-parse", "HEAD"}, at.checkout));
  fs::rename(at.origin, at.root / "hidden"); // the host has no way there
  for (const auto kind : {step_kind::baseline, step_kind::prepare, step_kind::activate})
    ASSERT_FALSE(at.run(kind).why) << at.last_log;
  fs::rename(at.root / "hidden", at.origin);
  EXPECT_EQ(version(), "v2\n");
  EXPECT_EQ(at.git({"rev-parse", "HEAD"}, at.checkout), v2);
  // Again the same: nothing new to send.
  at.deploy();
}

TEST_P(git_release, a_persons_branch_is_not_moved) {
  publish("v1");
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.git({"commit", "-q", "--allow-empty", "-m", "made on the host"}, at.checkout);
  const auto own = at.git({"rev-parse", "HEAD"}, at.checkout);
  publish("v2");
  at.deploy();
  EXPECT_EQ(version(), "v2\n");
  EXPECT_EQ(at.git({"rev-parse", "main"}, at.checkout), own);
}

TEST_P(git_release, weird_names_in_a_repository_are_only_names) {
  publish("v1", {{"$(touch pwned)", "x"}, {"-rf", "x"}, {"a\nb\\c\"d", "x"}, {"\xff\xfe", "x"}});
  at.deploy();
  at.settle(true);
  publish("v2", {{"-new $(touch pwned)", "x"}, {"\xc3\xa9\ttab", "x"}});
  at.deploy();
  EXPECT_EQ(version(), "v2\n");
  EXPECT_TRUE(fs::exists(at.checkout / "\xff\xfe"));
  EXPECT_TRUE(fs::exists(at.checkout / "a\nb\\c\"d"));
  EXPECT_EQ(at.sh("find . .. -name pwned"), "");
}

TEST_P(git_release, weird_paths_and_variables_are_only_words) {
  auto& stack = at.the_stack();
  stack.path = "~/it's $(touch pwned) \"here\"\\";
  stack.vars = {{"GREETING", "a 'b' $(touch pwned)\n`id` \\"}, {"not a name; touch pwned", "x"}};
  auto& engine = std::get<command_engine>(stack.engine);
  engine.start.argv = {"sh", "-c", "printf '%s' \"$GREETING$1\" >\"$HOME/started\"", "sh",
                       "; touch pwned '"};
  publish("v1");
  at.deploy();
  EXPECT_EQ(at.read(at.home / "started"), "a 'b' $(touch pwned)\n`id` \\; touch pwned '");
  EXPECT_TRUE(fs::exists(at.home / "it's $(touch pwned) \"here\"\\" / "VERSION"));
  EXPECT_THAT(at.run(step_kind::look).view->releases, testing::ElementsAre(at.plan.release));
  EXPECT_EQ(at.sh("find . -name pwned"), "");
}

TEST_P(git_release, the_users_umask_is_his_and_ours_is_private) {
  publish("v1");
  at.deploy();
  EXPECT_EQ(at.read(at.home / "umask"), "0022\n");
  EXPECT_NE(fs::status(at.checkout / "VERSION").permissions() & fs::perms::others_read,
            fs::perms::none);
  EXPECT_EQ(fs::status(at.state / "stacks").permissions() & fs::perms::group_all, fs::perms::none);
}

TEST_P(git_release, env_and_saved_secrets_come_back_with_the_release) {
  publish("v1", {{".gitignore", ".env\nsecret\n"}});
  at.begin();
  ASSERT_FALSE(up_to(step_kind::baseline).why);
  at.sh("mkdir app && cd app && git init -q");
  at.write(at.checkout / ".env", "A=1\n");
  at.write(at.checkout / "secret", "old");
  ASSERT_FALSE(up_to(step_kind::activate).why) << at.last_log;
  at.settle(true);

  at.plan.fleet.secrets.driver = secrets_driver::script;
  at.plan.fleet.secrets.script = "/bin/true";
  at.plan.fleet.secrets.places = {{"/from", "~/app/secret", compare_mode::bytes, {}}};
  publish("v2");
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  const auto saved = at.run(step_kind::save_secrets);
  ASSERT_FALSE(saved.why) << describe(*saved.why);
  at.write(at.checkout / "secret", "new");
  at.write(at.checkout / ".env", "A=2\n");
  for (const auto kind : {step_kind::prepare, step_kind::activate})
    ASSERT_FALSE(at.run(kind).why) << at.last_log;
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why);
  EXPECT_EQ(at.read(at.checkout / "secret"), "old");
  EXPECT_EQ(at.read(at.checkout / ".env"), "A=1\n");
}

TEST_P(git_release, settle_drops_the_worktree_and_old_releases) {
  at.plan.fleet.keep_releases = 2;
  std::vector<std::string> releases;
  for (const auto* version : {"v1", "v2", "v3", "v4"}) {
    publish(version);
    at.deploy();
    releases.push_back(at.plan.release);
    ASSERT_FALSE(at.settle(true).why);
  }
  const auto records = at.state / "stacks/fleet/alpha/web/release";
  EXPECT_FALSE(fs::exists(records / releases[0]));
  EXPECT_FALSE(fs::exists(records / releases[1]));
  EXPECT_TRUE(fs::exists(records / releases[2]));
  EXPECT_TRUE(fs::exists(records / releases[3]));
  EXPECT_FALSE(fs::exists(records / releases[3] / "tree"));
  EXPECT_THAT(at.git({"worktree", "list"}, at.checkout), Not(HasSubstr("/stacks/")));
  EXPECT_THAT(at.git({"for-each-ref", "refs/baton"}, at.checkout),
              AllOf(HasSubstr(releases[3]), Not(HasSubstr(releases[0]))));
}

TEST_P(git_release, what_failed_takes_no_place_of_a_good_release) {
  at.plan.fleet.keep_releases = 2;
  std::vector<std::string> good;
  for (const auto* version : {"v1", "v2", "v3"}) {
    publish(version);
    at.deploy();
    good.push_back(at.plan.release);
    ASSERT_FALSE(at.settle(true).why);
    // Each is followed by two that are taken back, and by one that could not be.
    for (const auto* way : {"restored", "restored", "lost"}) {
      publish(std::string{version} + way);
      at.deploy();
      if (std::string_view{way} == "restored") {
        ASSERT_FALSE(at.run(step_kind::restore).why) << at.last_log;
      }
      ASSERT_FALSE(at.settle(false).why) << at.last_log;
    }
  }
  const auto records = at.state / "stacks/fleet/alpha/web/release";
  EXPECT_FALSE(fs::exists(records / good[0]));
  EXPECT_TRUE(fs::exists(records / good[1]));
  EXPECT_TRUE(fs::exists(records / good[2]));
  const std::set<std::string> others{good[1], good[2], "baseline"};
  std::size_t failed = 0;
  for (const auto& entry : fs::directory_iterator{records})
    if (!others.contains(entry.path().filename().string()))
      ++failed;
  EXPECT_EQ(failed, 4U) << "the three newest of them, and the one that serves";
}

TEST_P(git_release, what_says_that_secrets_were_put_back_goes_with_the_next_run_that_ends) {
  publish("v1");
  at.deploy();
  at.write(at.state / "secrets/run1.back", "");
  at.write(at.state / "secrets/run1/1.path", "/kept/for/a/person");
  ASSERT_FALSE(at.settle(true).why) << at.last_log;
  EXPECT_FALSE(fs::exists(at.state / "secrets/run1.back"));
  EXPECT_TRUE(fs::exists(at.state / "secrets/run1/1.path"));
}

TEST_P(git_release, one_that_was_good_is_brought_back_whole_and_from_this_host_alone) {
  publish("v1");
  at.deploy();
  at.write(at.checkout / ".env", "A=1\n");
  ASSERT_FALSE(at.run(step_kind::activate).why) << at.last_log; // takes the file down
  ASSERT_FALSE(at.settle(true).why);
  const auto first = at.plan.release;
  const auto commit = at.git({"rev-parse", "HEAD"}, at.checkout);
  publish("v2");
  at.deploy();
  at.write(at.checkout / ".env", "A=2\n");
  ASSERT_FALSE(at.settle(true).why);
  fs::rename(at.origin, at.root / "away");

  at.begin();
  at.plan.returns_to = "run1";
  at.plan.recalls["alpha"] = first;
  at.plan.commits["web"] = commit;
  const auto seen = at.run(step_kind::inspect);
  ASSERT_FALSE(seen.why) << describe(*seen.why);
  EXPECT_THAT(seen.facts.at("kept"), HasSubstr(first + " " + commit));
  for (const auto kind : {step_kind::baseline, step_kind::prepare, step_kind::activate}) {
    const auto done = at.run(kind);
    ASSERT_FALSE(done.why) << describe(*done.why) << at.last_log;
  }
  EXPECT_EQ(version(), "v1\n");
  EXPECT_EQ(at.read(at.checkout / ".env"), "A=1\n");
  const auto now = at.run(step_kind::look);
  EXPECT_EQ(now.view->commit, commit);
  ASSERT_FALSE(at.settle(true).why);
  EXPECT_EQ(at.run(step_kind::look).view->last_good, at.plan.release);
}

TEST_P(git_release, a_secret_file_that_lies_elsewhere_comes_back_with_a_release_that_is_asked_for) {
  at.plan.fleet.secrets.driver = secrets_driver::builtin;
  at.plan.fleet.secrets.places = {{"", "~/secret.env", compare_mode::bytes, {}}};
  std::vector<std::string> releases;
  for (const auto* version : {"v1", "v2"}) {
    at.write(at.home / "secret.env", version);
    publish(version);
    at.deploy();
    releases.push_back(at.plan.release);
    ASSERT_FALSE(at.settle(true).why);
  }
  // A run that fails leaves it to who has saved it.
  at.write(at.home / "secret.env", "rotated");
  publish("v3");
  at.deploy();
  ASSERT_FALSE(at.run(step_kind::restore).why) << at.last_log;
  EXPECT_EQ(at.read(at.home / "secret.env"), "rotated");
  at.settle(false);

  at.begin();
  at.plan.returns_to = "run1";
  at.plan.recalls["alpha"] = releases[0];
  at.plan.commits["web"] = at.git({"rev-parse", "HEAD~2"});
  for (const auto kind : {step_kind::inspect, step_kind::prepare, step_kind::activate}) {
    const auto done = at.run(kind);
    ASSERT_FALSE(done.why) << describe(*done.why) << at.last_log;
  }
  EXPECT_EQ(at.read(at.home / "secret.env"), "v1");
  ASSERT_FALSE(at.run(step_kind::restore).why) << at.last_log;
  EXPECT_EQ(at.read(at.home / "secret.env"), "v2");
}

TEST_P(git_release, one_that_is_not_kept_is_not_brought_back_and_nothing_is_touched) {
  publish("v1");
  at.deploy();
  ASSERT_FALSE(at.settle(true).why);
  at.begin();
  at.plan.returns_to = "run1";
  at.plan.recalls["alpha"] = "Rgone";
  at.plan.commits["web"] = at.git({"rev-parse", "HEAD"}, at.checkout);
  for (const auto kind : {step_kind::inspect, step_kind::prepare}) {
    const auto done = at.run(kind);
    ASSERT_TRUE(done.why);
    EXPECT_EQ(done.why->code, ec::bad_commit);
    EXPECT_THAT(done.why->what, HasSubstr("no good release Rgone is kept on alpha"));
  }
  EXPECT_EQ(version(), "v1\n");
}

TEST_P(git_release, activate_again_after_a_failure_goes_on) {
  publish("v1");
  at.deploy();
  at.settle(true);
  publish("v2");
  at.deploy();
  at.write(at.checkout / "VERSION", "half\n"); // as an attempt that died may leave it
  const auto again = at.run(step_kind::activate);
  ASSERT_FALSE(again.why) << describe(*again.why);
  EXPECT_EQ(version(), "v2\n");
}

TEST_P(git_release, submodules_come_along) {
  const auto part = at.root / "part";
  at.sh("git init -q -b main ../part && cd ../part && echo 1 >f && git add f && git commit -qm x");
  publish("v1");
  at.git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part.string(), "sub"});
  at.git({"commit", "-q", "-m", "sub"});
  at.env["GIT_CONFIG_COUNT"] = "2";
  at.env["GIT_CONFIG_KEY_1"] = "protocol.file.allow";
  at.env["GIT_CONFIG_VALUE_1"] = "always";
  at.deploy();
  EXPECT_EQ(at.read(at.checkout / "sub" / "f"), "1\n");
  at.settle(true);
  EXPECT_FALSE(at.run(step_kind::inspect).why);
}

} // namespace
} // namespace baton::test
