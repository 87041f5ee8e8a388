#include "tests/runtime/snapshots/tools.hpp"

#include <filesystem>

using namespace baton;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

namespace {

/// A file system of a zfs that is a stand-in.
class zfs_driver : public snapshot_steps {
protected:
  zfs_driver() {
    fs::create_directory(data());
    make_zfs(*this, data());
    write_file(data() / "file", "before\n");
  }
  fs::path data() const { return host.home() / "data"; }
  void dataset(const std::function<void(json&)>& how) {
    change(state_of("zfs") / "zfs.json", [&](json& now) { how(now["datasets"]["tank/data"]); });
  }
  void zfs(const std::function<void(json&)>& how) { change(state_of("zfs") / "zfs.json", how); }
  std::string calls() const { return read_file(state_of("zfs") / "calls"); }
};

INSTANTIATE_TEST_SUITE_P(shells, zfs_driver, ::testing::ValuesIn(shells()),
                         [](const auto& of) { return of.index == 0 ? "dash" : "busybox"; });

} // namespace

TEST_P(zfs_driver, never_destroys_newer_snapshots_to_go_back) {
  run(step_kind::create_snapshot);
  ASSERT_TRUE(works({(host.home() / "bin/zfs").string(), "snapshot", "tank/data@hourly"}));
  write_file(data() / "file", "after\n");
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("has newer snapshots than"), HasSubstr("hourly")));
  EXPECT_FALSE(outcome.why->retryable);
  EXPECT_EQ(read_file(data() / "file"), "after\n");
  EXPECT_THAT(calls(), Not(HasSubstr("rollback -")));
}

TEST_P(zfs_driver, says_only_what_it_has_seen) {
  run(step_kind::create_snapshot);
  write_file(data() / "file", "after\n");
  zfs([](json& now) { now["faults"]["lies"] = true; });
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_FALSE(outcome.facts.contains("seen")) << "something was written there since";
}

TEST_P(zfs_driver, fails_with_the_tools_last_words) {
  zfs([](json& now) { now["faults"]["snapshot"] = "out of space"; });
  EXPECT_THAT(why(run(step_kind::create_snapshot)),
              AllOf(HasSubstr("zfs snapshot tank/data@" + name()), HasSubstr("out of space")));
  zfs([](json& now) { now["faults"] = {{"rollback", "dataset is busy"}}; });
  ASSERT_THAT(why(run(step_kind::create_snapshot, 2)), IsEmpty());
  EXPECT_THAT(why(run(step_kind::restore_snapshot)), HasSubstr("dataset is busy"));
}

TEST_P(zfs_driver, says_that_what_lies_below_is_not_in_it) {
  zfs([](json& now) { now["datasets"]["tank/data/db"] = now["datasets"]["tank/data"]; });
  EXPECT_THAT(run(step_kind::create_snapshot).notes, ElementsAre(HasSubstr("tank/data/db")));
}

TEST_P(zfs_driver, says_beforehand_what_it_cannot) {
  dataset([](json& now) { now["type"] = "volume"; });
  EXPECT_THAT(why(check()), HasSubstr("is a volume, not a file system"));
  zfs([](json& now) { now["no_module"] = true; });
  const auto outcome = check();
  EXPECT_EQ(outcome.why->code, ec::missing_tool);
  EXPECT_THAT(why(outcome), HasSubstr("modprobe zfs"));
}

TEST_P(zfs_driver, says_beforehand_what_the_user_may_not) {
  if (GetParam().size() > 1)
    GTEST_SKIP() << "this shell answers `id` itself, and who it is cannot be pretended";
  zfs([](json& now) { now["wants_root"] = true; });
  write_file(
      host.home() / "bin" / "id",
      "#!/bin/sh\ncase $1 in -u) echo 1000 ;; -un) echo deploy ;; -Gn) echo deploy staff ;; esac\n",
      0700);
  EXPECT_THAT(why(check()), HasSubstr("sudo zfs allow deploy snapshot,rollback,destroy"));
  EXPECT_THAT(why(run(step_kind::create_snapshot)), HasSubstr("permission denied"));
  dataset([](json& now) {
    now["allow"] = {{"user deploy", "mount,snapshot"},
                    {"group staff", "rollback"},
                    {"group others", "destroy"}};
  });
  EXPECT_THAT(why(check()), HasSubstr("may not make snapshots"));
  dataset([](json& now) { now["allow"]["everyone"] = "destroy"; });
  EXPECT_THAT(why(check()), IsEmpty());
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
}
