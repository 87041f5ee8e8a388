#include "tests/runtime/snapshots/tools.hpp"

#include <filesystem>

using namespace baton;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

namespace {

/// A mounted thin volume of an LVM that is a stand-in.
class lvm_driver : public snapshot_steps {
protected:
  lvm_driver() {
    make_lvm(*this, data());
    write_file(data() / "file", "before\n");
  }
  fs::path data() const { return host.home() / "srv" / "my data"; }
  fs::path file() const { return state_of("lvm") / "lvm.json"; }
  void lvm(const std::function<void(json&)>& how) { change(file(), how); }
  json volume(const std::string& name) {
    return get_state(file())["groups"]["vg"].value(name, json::object());
  }
  json mounts() { return get_state(file())["mounts"]; }
  std::string calls() const { return read_file(state_of("lvm") / "calls"); }
  std::string content() const { return read_file(data() / "file"); }
  /// A rollback is refused, and nothing has happened.
  void is_refused(const std::string& because) {
    const auto before = mounts();
    const auto outcome = run(step_kind::restore_snapshot);
    EXPECT_THAT(why(outcome), AllOf(HasSubstr("vg/data on rtx is in use (" + because),
                                    HasSubstr("next activation"), HasSubstr("nothing was done")));
    EXPECT_FALSE(outcome.why->retryable);
    EXPECT_EQ(content(), "after\n");
    EXPECT_EQ(mounts().size(), before.size());
    EXPECT_THAT(calls(), Not(HasSubstr("lvconvert")));
    EXPECT_EQ(volume(name())["origin"], "data");
  }
  void changed_after_a_snapshot() {
    run(step_kind::create_snapshot);
    write_file(data() / "file", "after\n");
  }
};

INSTANTIATE_TEST_SUITE_P(shells, lvm_driver, ::testing::ValuesIn(shells()),
                         [](const auto& of) { return of.index == 0 ? "dash" : "busybox"; });

} // namespace

TEST_P(lvm_driver, unmounts_what_is_mounted_and_mounts_it_again_as_it_was) {
  changed_after_a_snapshot();
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty()) << end.log_tail;
  EXPECT_EQ(content(), "before\n");
  EXPECT_THAT(calls(), HasSubstr("mount -t ext4 -o rw,noatime -- /dev/vg/data " + data().string()));
  EXPECT_THAT(outcome.facts.at("seen"), HasSubstr("thin id 2"));
  EXPECT_TRUE(volume("data").value("tags", json::array()).empty()) << "a mark was left";
}

TEST_P(lvm_driver, leaves_a_volume_alone_that_is_in_use) {
  changed_after_a_snapshot();
  lvm([](json& now) { now["mounts"][0]["busy"] = true; });
  is_refused("umount: ");
}

TEST_P(lvm_driver, leaves_a_volume_alone_that_is_open_elsewhere) {
  changed_after_a_snapshot();
  lvm([](json& now) { now["held"] = {"vg/data"}; });
  is_refused("it is unmounted, and still open");
}

TEST_P(lvm_driver, leaves_a_volume_alone_that_is_mounted_more_than_once) {
  changed_after_a_snapshot();
  lvm([](json& now) {
    now["mounts"].push_back(now["mounts"][0]);
    now["mounts"][1]["at"] = "/srv/again";
  });
  is_refused("it is mounted at ");
}

TEST_P(lvm_driver, does_not_take_a_merge_for_done_that_waits_for_the_next_activation) {
  changed_after_a_snapshot();
  lvm([](json& now) { now["opened_by_merge"] = true; });
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), HasSubstr("opened by somebody meanwhile"));
  EXPECT_FALSE(outcome.facts.contains("seen"));
  EXPECT_THAT(why(check()), HasSubstr("waits for a merge"));
}

TEST_P(lvm_driver, goes_on_where_a_rollback_was_cut_short_after_its_merge) {
  changed_after_a_snapshot();
  lvm([&](json& now) {
    auto& group = now["groups"]["vg"];
    group["data"]["thin_id"] = group[name()]["thin_id"];
    group["data"]["tags"] = {"baton-back." + name()};
    group.erase(name());
    now["mounts"] = json::array();
    now["fstab"] = {{"vg/data", data().string()}};
  });
  fs::remove(data());
  fs::create_directory(data());
  EXPECT_THAT(why(run(step_kind::restore_snapshot, 2)), IsEmpty()) << end.log_tail;
  EXPECT_EQ(content(), "before\n") << "it is not mounted, or not what it was";
  EXPECT_EQ(volume(name())["origin"], "data");
  EXPECT_TRUE(volume("data")["tags"].empty());
}

TEST_P(lvm_driver, goes_on_where_a_rollback_was_cut_short_before_its_merge) {
  changed_after_a_snapshot();
  lvm([&](json& now) { now["groups"]["vg"]["data"]["tags"] = {"baton-back." + name()}; });
  EXPECT_THAT(why(run(step_kind::restore_snapshot, 2)), IsEmpty());
  EXPECT_EQ(content(), "before\n");
}

TEST_P(lvm_driver, says_beforehand_what_it_cannot) {
  policy().volume = "vg/root";
  EXPECT_THAT(why(check()), HasSubstr("is no thin volume"));
  policy().volume = "other/data";
  EXPECT_THAT(why(check()), HasSubstr("there is no volume other/data"));
  policy().volume = "vg/data";
  lvm([](json& now) { now["groups"]["vg"]["pool"]["meta"] = 96.2; });
  const auto outcome = check();
  EXPECT_EQ(outcome.why->code, ec::no_space);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("metadata"), HasSubstr("--poolmetadatasize")));
  lvm([](json& now) { now["wants_root"] = true; });
  EXPECT_THAT(why(check()), AllOf(HasSubstr("Permission denied"), HasSubstr("sudo: true")));
}

TEST_P(lvm_driver, never_removes_what_is_no_snapshot_of_its_volume) {
  lvm([&](json& now) { now["groups"]["vg"][name()] = now["groups"]["vg"]["root"]; });
  EXPECT_THAT(why(run(step_kind::create_snapshot)), HasSubstr("already exists"));
  run(step_kind::delete_snapshot);
  EXPECT_EQ(volume(name())["type"], "linear");
}
