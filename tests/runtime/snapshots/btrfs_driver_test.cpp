#include "tests/runtime/snapshots/btrfs_image.hpp"
#include "tests/runtime/snapshots/snapshot_fixture.hpp"

#include <filesystem>

using namespace baton;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

namespace {

class btrfs_driver : public snapshot_steps {
protected:
  void SetUp() override {
    if (!image.why_not.empty())
      GTEST_SKIP() << image.why_not;
    ASSERT_TRUE(works({"btrfs", "subvolume", "create", data().string()}));
    write_file(data() / "file", "before\n");
    policy().driver = snapshot_driver::btrfs;
    policy().subvolume = data().string();
    policy().snapshot_dir = snaps().string();
  }
  fs::path data() const { return image.at() / "my data"; }
  fs::path snaps() const { return image.at() / "snap's"; }

  btrfs_image image;
  const std::string name = snapshot_rig::name();
};

INSTANTIATE_TEST_SUITE_P(shells, btrfs_driver, ::testing::ValuesIn(shells()),
                         [](const auto& of) { return of.index == 0 ? "dash" : "busybox"; });

} // namespace

TEST_P(btrfs_driver, makes_a_read_only_copy_goes_back_to_it_and_deletes_it) {
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
  EXPECT_EQ(read_file(snaps() / name / "file"), "before\n");
  EXPECT_FALSE(works({"touch", (snaps() / name / "new").string()}));

  write_file(data() / "file", "after\n");
  EXPECT_THAT(why(run(step_kind::restore_snapshot)), IsEmpty());
  EXPECT_EQ(read_file(data() / "file"), "before\n");
  EXPECT_TRUE(works({"touch", (data() / "new").string()}));
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator{image.at()})
    left.push_back(entry.path().filename());
  EXPECT_THAT(left, ::testing::UnorderedElementsAre("my data", "snap's"));

  EXPECT_EQ(run(step_kind::delete_snapshot).facts.at("deleted"), name);
  EXPECT_FALSE(fs::exists(snaps() / name));
}

TEST_P(btrfs_driver, never_makes_one_inside_the_other) {
  run(step_kind::create_snapshot);
  run(step_kind::create_snapshot, 2);
  EXPECT_FALSE(fs::exists(snaps() / name / "my data"));
}

TEST_P(btrfs_driver, goes_on_where_a_rollback_was_cut_short) {
  run(step_kind::create_snapshot);
  write_file(data() / "file", "after\n");
  const auto moved = data().string() + ".before-" + of.run + "-1";
  fs::rename(data(), moved);
  EXPECT_THAT(why(run(step_kind::restore_snapshot)), IsEmpty());
  EXPECT_EQ(read_file(data() / "file"), "before\n");
  EXPECT_FALSE(fs::exists(moved));
}

TEST_P(btrfs_driver, keeps_what_it_cannot_delete_after_a_rollback) {
  run(step_kind::create_snapshot);
  ASSERT_TRUE(works({"btrfs", "subvolume", "create", (data() / "inner").string()}));
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("is kept in")));
  EXPECT_FALSE(fs::exists(data() / "inner"));
}

TEST_P(btrfs_driver, refuses_what_it_could_not_take_back) {
  policy().snapshot_dir = (data() / ".snapshots").string();
  auto outcome = run(step_kind::create_snapshot);
  EXPECT_EQ(outcome.why->code, ec::config_invalid);
  EXPECT_THAT(why(outcome), HasSubstr("inside of the subvolume"));
  policy().snapshot_dir = snaps().string();
  policy().subvolume = (image.at() / "no such").string();
  outcome = run(step_kind::create_snapshot);
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed);
  EXPECT_THAT(why(outcome), HasSubstr("no btrfs subvolume"));
}

TEST_P(btrfs_driver, leaves_what_docker_itself_lives_in_to_a_person) {
  write_file(host.home() / "bin" / "docker",
             "#!/bin/sh\necho '" + (data() / "docker").string() + "'\n", 0700);
  host.env()["PATH"] = (host.home() / "bin").string() + ":/usr/sbin:/usr/bin:/sbin:/bin";
  EXPECT_THAT(run(step_kind::create_snapshot).notes,
              ElementsAre(AllOf(HasSubstr("docker keeps its own data"), HasSubstr("person"))));
  write_file(data() / "file", "after\n");
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed);
  EXPECT_FALSE(outcome.why->retryable);
  EXPECT_THAT(why(outcome), HasSubstr("roll back by hand"));
  EXPECT_EQ(read_file(data() / "file"), "after\n");
}

TEST_P(btrfs_driver, does_not_try_to_exchange_a_mount_point) {
  // The image's root is a subvolume, and mounted.
  policy().subvolume = image.at().string();
  policy().snapshot_dir = (image.at().parent_path() / "snaps").string();
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed); // another file system: btrfs says so
  EXPECT_THAT(outcome.notes, ElementsAre(AllOf(HasSubstr("mount point"), HasSubstr("person")),
                                         HasSubstr("not in the snapshot")));
}
