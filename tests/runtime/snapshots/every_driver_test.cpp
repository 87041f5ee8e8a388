#include "tests/runtime/snapshots/tools.hpp"

#include <filesystem>
#include <tuple>

using namespace baton;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

/// What every driver keeps, whatever it works with.

namespace {

using driver_and_shell = std::tuple<std::string, std::vector<std::string>>;

class every_driver : public snapshot_rig, public ::testing::TestWithParam<driver_and_shell> {
protected:
  every_driver()
      : snapshot_rig(std::get<1>(GetParam())),
        tool(make_snapshot_tool(std::get<0>(GetParam()), *this)) {}

  void SetUp() override {
    if (!tool->why_not().empty())
      GTEST_SKIP() << tool->why_not();
    write_file(tool->data() / "file", "before\n");
  }
  bool by_script() const { return std::get<0>(GetParam()) == "script"; }
  bool has(const std::string& one) {
    const auto all = tool->names();
    return std::find(all.begin(), all.end(), one) != all.end();
  }
  std::string content() const { return read_file(tool->data() / "file"); }
  /// As a run of that day would have called it.
  std::string own(const std::string& run) const {
    auto other = of;
    other.run = run;
    return snapshot_name(other, "rtx");
  }
  /// sudo that lets nobody do anything without a password; real ones of a test machine may.
  void refusing_sudo() {
    fs::create_directories(host.home() / "first");
    write_file(host.home() / "first" / "sudo",
               "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n", 0700);
    auto& path = host.env()["PATH"];
    path = (host.home() / "first").string() + ":"
           + (path.empty() ? std::string{"/usr/sbin:/usr/bin:/sbin:/bin"} : path);
    policy().sudo = true;
  }

  std::unique_ptr<snapshot_tool> tool;
};

/// The same in every shell.
class every_driver_and_shell : public every_driver {};

const auto drivers =
    ::testing::Values("script", "btrfs", "proxmox", "proxmox_container", "zfs", "lvm");
const auto told = [](const ::testing::TestParamInfo<driver_and_shell>& of) {
  return std::get<0>(of.param) + (std::get<1>(of.param).size() == 1 ? "_dash" : "_busybox");
};

INSTANTIATE_TEST_SUITE_P(drivers, every_driver,
                         ::testing::Combine(drivers, ::testing::Values(shells().front())), told);
INSTANTIATE_TEST_SUITE_P(drivers, every_driver_and_shell,
                         ::testing::Combine(drivers, ::testing::ValuesIn(shells())), told);

} // namespace

TEST_P(every_driver_and_shell, makes_one_goes_back_to_it_again_and_again_and_deletes_it) {
  auto outcome = run(step_kind::create_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_EQ(outcome.facts.at("name"), name());
  EXPECT_THAT(tool->names(), Contains(name()));
  for (const auto* change : {"after\n", "later\n"}) {
    write_file(tool->data() / "file", change);
    write_file(tool->data() / "more", "");
    EXPECT_THAT(why(run(step_kind::restore_snapshot)), IsEmpty()) << end.log_tail;
    EXPECT_EQ(content(), "before\n");
    EXPECT_FALSE(fs::exists(tool->data() / "more"));
    EXPECT_TRUE(has(name())) << "a rollback has used it up";
  }
  outcome = run(step_kind::delete_snapshot);
  EXPECT_EQ(outcome.facts["deleted"], name()) << why(outcome) << end.log_tail;
  EXPECT_EQ(outcome.facts["retained"], "0");
  EXPECT_FALSE(has(name()));
  EXPECT_EQ(content(), "before\n");
  outcome = run(step_kind::delete_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(outcome.notes, IsEmpty()) << "there was nothing to do";
}

TEST_P(every_driver, tells_what_shows_that_a_rollback_happened_and_whose_word_it_is) {
  run(step_kind::create_snapshot);
  write_file(tool->data() / "file", "after\n");
  auto facts_told = run(step_kind::restore_snapshot).facts;
  EXPECT_FALSE(facts_told["told_by"].empty());
  EXPECT_EQ(facts_told["seen"].empty(), by_script()) << "nobody can look into a script";
}

TEST_P(every_driver, makes_it_only_once) {
  run(step_kind::create_snapshot);
  write_file(tool->data() / "file", "after\n");
  EXPECT_THAT(why(run(step_kind::create_snapshot, 2)), IsEmpty());
  EXPECT_THAT(end.log_tail, HasSubstr("already there"));
  run(step_kind::restore_snapshot);
  EXPECT_EQ(content(), "before\n");
}

TEST_P(every_driver, keeps_as_many_as_it_should_and_never_deletes_what_is_not_its_own) {
  auto other = of;
  other.fleet.name = "another";
  const auto of_another_fleet = snapshot_name(other, "rtx");
  const auto of_another_host = snapshot_name(of, "ctx");
  for (const auto& made :
       {own("20250101-000000-aaaa"), own("20250102-000000-aaaa"), own("20250103-000000-aaaa"),
        of_another_fleet, of_another_host, std::string{"monthly"}, std::string{"baton-by-hand"}})
    tool->make(made);
  policy().keep = 2;
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_EQ(outcome.facts.at("retained"), "2");
  EXPECT_FALSE(has(own("20250101-000000-aaaa")));
  EXPECT_FALSE(has(own("20250102-000000-aaaa")));
  for (const auto& stays : {own("20250103-000000-aaaa"), of_another_fleet, of_another_host,
                            std::string{"monthly"}, std::string{"baton-by-hand"}, name()})
    EXPECT_TRUE(has(stays)) << stays;
}

TEST_P(every_driver, never_deletes_the_one_that_this_run_may_need) {
  tool->make(own("20990101-000000-aaaa")); // a clock that went wrong
  policy().keep = 1;
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
  EXPECT_TRUE(has(name()));
}

TEST_P(every_driver, says_why_one_is_kept) {
  tool->make(own("20250101-000000-aaaa"));
  tool->break_delete();
  policy().keep = 1;
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(outcome.notes, Contains(AllOf(HasSubstr("older snapshots are kept on rtx"),
                                            HasSubstr("ended with status"))));
  EXPECT_TRUE(has(own("20250101-000000-aaaa")));
}

TEST_P(every_driver, goes_back_only_to_what_is_there) {
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), HasSubstr("there is no snapshot " + name()));
  EXPECT_FALSE(outcome.why->retryable);
  EXPECT_EQ(content(), "before\n");
}

TEST_P(every_driver_and_shell, finds_nothing_wrong_beforehand_and_changes_nothing) {
  tool->make("monthly");
  const auto before = tool->names();
  const auto outcome = check();
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_EQ(tool->names(), before);
  EXPECT_EQ(content(), "before\n");
}

TEST_P(every_driver, says_beforehand_that_the_tool_is_not_there) {
  if (!tool->take_tool_away())
    GTEST_SKIP() << "the tool is in a folder that is always looked into";
  const auto outcome = check();
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("on rtx"), HasSubstr("[mend: ")));
  EXPECT_EQ(outcome.why->code, by_script() ? ec::snapshot_failed : ec::missing_tool);
  EXPECT_EQ(run(step_kind::create_snapshot).why->code, outcome.why->code);
}

TEST_P(every_driver, says_beforehand_that_there_is_nothing_to_make_one_of) {
  tool->take_thing_away();
  const auto outcome = check();
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("rtx"), HasSubstr("[mend: ")));
  EXPECT_THAT(why(run(step_kind::create_snapshot)), Not(IsEmpty()));
}

TEST_P(every_driver, says_beforehand_what_sudo_must_allow) {
  if (by_script())
    GTEST_SKIP() << "a script has no sudo of ours";
  refusing_sudo();
  const auto outcome = check();
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("a password is required"), HasSubstr("NOPASSWD: /")));
  EXPECT_THAT(why(run(step_kind::create_snapshot)), HasSubstr("a password is required"));
}

TEST_P(every_driver, says_beforehand_that_there_is_hardly_any_room) {
  if (!tool->fill())
    GTEST_SKIP() << "nobody can tell";
  auto outcome = check();
  EXPECT_EQ(outcome.why->code, ec::no_space);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("full but for"), HasSubstr("[mend: ")));
  of.fleet.disk_free_min = 0; // no disk is looked at
  EXPECT_THAT(why(check()), IsEmpty());
}

TEST_P(every_driver, lists_for_a_person_and_deletes_for_him_what_is_ours_alone) {
  run(step_kind::create_snapshot);
  tool->make("monthly");
  const auto listed = verb(snapshot_verb::list, "");
  EXPECT_EQ(listed.exit, 0);
  EXPECT_THAT(listed.log_tail, AllOf(HasSubstr(name()), HasSubstr("monthly")));
  write_file(tool->data() / "file", "after\n");
  EXPECT_EQ(
      verb(snapshot_verb::rollback, std::get<0>(GetParam()) == "zfs" ? "monthly" : name()).exit, 0);
  EXPECT_EQ(content(), "before\n");
  EXPECT_EQ(verb(snapshot_verb::remove, name()).exit, 0);
  EXPECT_FALSE(has(name()));
  const auto foreign = snapshot_job(policy(), snapshot_verb::remove, "rtx", "monthly");
  EXPECT_EQ(foreign.has_value(), by_script()) << "a script decides that itself";
}
