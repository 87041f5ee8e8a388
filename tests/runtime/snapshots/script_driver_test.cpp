#include "tests/runtime/snapshots/snapshot_fixture.hpp"

#include <filesystem>

using namespace baton;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

namespace {

/// A tool that keeps snapshots as files of `~/snaps`; `broken` holds a verb that fails, with the
/// work half done; without `can_delete` it only knows the three verbs everybody has.
constexpr const char* tool = R"sh(#!/bin/sh
cd "$HOME"
echo "$* for $BATON_HOST ${BATON_DIR-unset}" >>calls
mkdir -p snaps
broken=$(cat broken 2>/dev/null)
case $1/$# in
list/1) [ "$broken" != list ] || exit 3
  for s in $(ls snaps); do echo "\`-> $s   2026-01-02 03:04:05   before a deployment"; done
  echo " \`-> current   You are here!" ;;
create/2) touch "snaps/$2"; [ "$broken" != create ] || { echo "VM is locked (backup)" >&2; exit 255; } ;;
rollback/2) [ "$broken" != rollback ] || exit 1; echo "$2" >now ;;
delete/2) [ -e can_delete ] || { echo "usage: snapshot.sh list | create N | rollback N" >&2; exit 2; }
  [ "$broken" != delete ] || { echo "VM is locked (backup)" >&2; exit 255; }
  rm "snaps/$2" ;;
*) exit 2 ;;
esac
)sh";

class script_driver : public snapshot_steps {
protected:
  script_driver() {
    policy().script = "~/my bin/snapshot.sh";
    write_file(host.home() / "my bin" / "snapshot.sh", tool, 0700);
    write_file(host.home() / "can_delete", "");
  }
  void breaks(const std::string& verb) { write_file(host.home() / "broken", verb + "\n"); }
  bool has(const std::string& one) { return fs::exists(host.home() / "snaps" / one); }
  std::string calls() { return read_file(host.home() / "calls"); }

  const std::string name = snapshot_rig::name();
};

INSTANTIATE_TEST_SUITE_P(shells, script_driver, ::testing::ValuesIn(shells()),
                         [](const auto& of) { return of.index == 0 ? "dash" : "busybox"; });

} // namespace

TEST_P(script_driver, makes_one_named_after_the_run_and_sees_it_in_the_list) {
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_EQ(outcome.facts.at("name"), name);
  EXPECT_EQ(calls(), "list for rtx unset\ncreate " + name
                         + " for rtx unset\nlist for rtx unset\nlist for rtx unset\n");
}

TEST_P(script_driver, makes_it_only_once) {
  run(step_kind::create_snapshot);
  fs::remove(host.home() / "calls");
  const auto again = run(step_kind::create_snapshot, 2);
  EXPECT_THAT(why(again), IsEmpty());
  EXPECT_EQ(again.facts.at("name"), name);
  EXPECT_THAT(calls(), Not(HasSubstr("create")));
}

TEST_P(script_driver, fails_with_the_tools_last_words_and_leaves_no_half_snapshot) {
  breaks("create");
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed);
  EXPECT_THAT(why(outcome),
              AllOf(HasSubstr("snapshot.sh create " + name + " ended with status 255"),
                    HasSubstr("VM is locked (backup)")));
  EXPECT_FALSE(has(name));
}

TEST_P(script_driver, does_not_believe_a_tool_that_only_says_so) {
  write_file(host.home() / "my bin" / "snapshot.sh", "#!/bin/sh\n:\n", 0700);
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed);
  EXPECT_THAT(why(outcome), HasSubstr("the list has no such snapshot"));
}

TEST_P(script_driver, fails_when_the_list_does) {
  breaks("list");
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_THAT(why(outcome), HasSubstr("list ended with status 3"));
  EXPECT_TRUE(outcome.changed_nothing);
}

TEST_P(script_driver, keeps_what_the_tool_cannot_delete_and_says_so) {
  fs::remove(host.home() / "can_delete");
  policy().keep = 1;
  auto older = of;
  older.run = "20250101-000000-aaaa";
  write_file(host.home() / "snaps" / snapshot_name(older, "rtx"), "");
  auto outcome = run(step_kind::create_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("has no `delete`")));
  outcome = run(step_kind::delete_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_EQ(outcome.facts.at("kept"), name);
  EXPECT_THAT(outcome.notes, ElementsAre(AllOf(HasSubstr(name), HasSubstr("is kept on rtx"))));
}

TEST_P(script_driver, says_why_one_could_not_be_deleted) {
  run(step_kind::create_snapshot);
  breaks("delete");
  const auto outcome = run(step_kind::delete_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(outcome.notes, ElementsAre(AllOf(HasSubstr("status 255"), HasSubstr("is locked"))));
}

TEST_P(script_driver, deletes_its_own_and_finds_nothing_to_do_the_second_time) {
  run(step_kind::create_snapshot);
  EXPECT_EQ(run(step_kind::delete_snapshot).facts.at("deleted"), name);
  EXPECT_FALSE(has(name));
  const auto again = run(step_kind::delete_snapshot);
  EXPECT_THAT(why(again), IsEmpty());
  EXPECT_THAT(again.notes, IsEmpty());
}

TEST_P(script_driver, goes_back_only_to_a_snapshot_that_is_there) {
  auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), HasSubstr("there is no snapshot " + name));
  EXPECT_THAT(calls(), Not(HasSubstr("rollback")));
  run(step_kind::create_snapshot);
  EXPECT_THAT(why(run(step_kind::restore_snapshot)), IsEmpty());
  EXPECT_EQ(read_file(host.home() / "now"), name + "\n");
  breaks("rollback");
  EXPECT_THAT(why(run(step_kind::restore_snapshot)), HasSubstr("rollback " + name));
}

TEST_P(script_driver, goes_through_with_a_rollback_that_takes_the_home_away) {
  // The step's own folder is not below the home here; that it survives that too is for its layer.
  write_file(host.home() / "my bin" / "snapshot.sh",
             "#!/bin/sh\n[ $1 != list ] || echo " + name
                 + "\n[ $1 != rollback ] || { mkdir ../new && touch ../new/back && mv \"$HOME\" "
                   "../old && mv ../new \"$HOME\" && rm -rf ../old; }\n",
             0700);
  EXPECT_THAT(why(run(step_kind::restore_snapshot)), IsEmpty());
  EXPECT_TRUE(fs::exists(host.home() / "back"));
}

TEST_P(script_driver, names_a_tool_that_is_missing) {
  policy().script = "~/nowhere/snap'shot.sh";
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed);
  EXPECT_THAT(why(outcome), HasSubstr("nowhere/snap'shot.sh on rtx"));
}

TEST(snapshot_names, fit_proxmox_and_tell_hosts_and_fleets_apart) {
  plan of;
  of.run = "01JABCDEFGHJKMNPQRSTVWXYZ0-and_quite.a/bit;more";
  stage two;
  two.hosts = {"a", "b"};
  two.snapshot.emplace();
  of.stages = {two};
  const auto a = snapshot_name(of, "a");
  const auto b = snapshot_name(of, "b");
  of.fleet.name = "another";
  const auto c = snapshot_name(of, "a");
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
  for (const auto& name : {a, b, c}) {
    EXPECT_EQ(name.size(), 40U);
    EXPECT_THAT(name, ::testing::MatchesRegex("[a-z][a-z0-9-]*"));
  }
}

TEST(snapshot_names, of_a_person_are_checked_before_they_get_anywhere) {
  const snapshot_policy policy;
  for (const auto* bad : {"", "-x", "a b", "a;b", "$(id)", "../x", "a\nb"})
    EXPECT_EQ(snapshot_job(policy, snapshot_verb::create, "h", bad).error().code, ec::usage) << bad;
  EXPECT_TRUE(snapshot_job(policy, snapshot_verb::rollback, "h", "before_Upgrade-2"));
}
