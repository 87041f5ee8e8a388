#include "tests/runtime/snapshots/tools.hpp"

#include <filesystem>

using namespace baton;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

namespace {

/// A guest of a cluster that is a stand-in.
class proxmox_driver : public snapshot_steps {
protected:
  proxmox_driver() {
    fs::create_directory(disk());
    make_proxmox(*this, disk(), "qemu");
    write_file(disk() / "file", "before\n");
    // Whoever waits has waited: here nothing takes time.
    write_file(host.home() / "bin" / "sleep", "#!/bin/sh\n:\n", 0700);
  }
  fs::path disk() const { return host.home() / "disk"; }
  fs::path file() const { return state_of("pve") / "state.json"; }
  json guest() { return get_state(file())["guests"]["100"]; }
  void guest(const std::function<void(json&)>& how) {
    change(file(), [&](json& now) { how(now["guests"]["100"]); });
  }
  void fault(const std::string& task, const json& what) {
    change(file(), [&](json& now) { now["faults"][task] = what; });
  }
  std::string calls() const { return read_file(state_of("pve") / "calls"); }
};

INSTANTIATE_TEST_SUITE_P(shells, proxmox_driver, ::testing::ValuesIn(shells()),
                         [](const auto& of) { return of.index == 0 ? "dash" : "busybox"; });

} // namespace

TEST_P(proxmox_driver, reads_the_end_of_a_task_from_the_task_not_from_the_exit_status) {
  fault("qmsnapshot", {{"error", "zfs error: out of space"}});
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_EQ(outcome.why->code, ec::snapshot_failed);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("pvesh create /nodes/pve2/qemu/100/snapshot"),
                                  HasSubstr("UPID:pve2:"), HasSubstr("out of space")));
}

TEST_P(proxmox_driver, waits_for_a_task_whose_end_comes_late) {
  fault("qmsnapshot", {{"running", 3}, {"unsure", 2}});
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
  EXPECT_TRUE(guest()["snapshots"].contains(name()));
}

TEST_P(proxmox_driver, fails_where_the_end_of_a_task_is_never_known) {
  fault("qmsnapshot", {{"unsure", 1000}});
  EXPECT_THAT(why(run(step_kind::create_snapshot)), HasSubstr("cannot be told"));
}

TEST_P(proxmox_driver, tells_the_warnings_of_a_task_that_ended_well) {
  fault("qmsnapshot", {{"warnings", 2}});
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(outcome.notes, ElementsAre(AllOf(HasSubstr("WARNINGS: 2"), HasSubstr("UPID:"))));
}

TEST_P(proxmox_driver, says_what_pvesh_said_when_there_was_no_task) {
  fault("qmsnapshot", {{"refuse", "proxy handler failed: Host key verification failed."}});
  EXPECT_THAT(why(run(step_kind::create_snapshot)),
              AllOf(HasSubstr("status 255"), HasSubstr("Host key verification failed")));
}

TEST_P(proxmox_driver, waits_a_lock_out) {
  guest([](json& now) { now["lock"] = "backup", now["lock_looks"] = 3; });
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
  EXPECT_THAT(end.log_tail, HasSubstr("is locked (backup): waiting"));
  EXPECT_TRUE(guest()["snapshots"].contains(name()));
}

TEST_P(proxmox_driver, tries_again_when_the_lock_came_in_between) {
  fault("qmsnapshot",
        {{"refuse", "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout"},
         {"once", true}});
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
  fault("qmdelsnapshot", {{"error", "VM is locked (backup)"}, {"once", true}});
  EXPECT_EQ(run(step_kind::delete_snapshot).facts["deleted"], name());
}

TEST_P(proxmox_driver, never_takes_a_lock_away) {
  guest([](json& now) { now["lock"] = "backup"; });
  of.fleet.deadlines.snapshot = std::chrono::seconds{20};
  EXPECT_THAT(check().notes, ElementsAre(HasSubstr("guest 100 on pve2 is locked (backup)")));
  const auto outcome = run(step_kind::create_snapshot);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("locked (backup), for more than 10 s"),
                                  HasSubstr("unlocks nothing")));
  EXPECT_EQ(guest()["lock"], "backup");
  EXPECT_THAT(calls(), AllOf(Not(HasSubstr("unlock")), Not(HasSubstr("--snapname"))));
}

TEST_P(proxmox_driver, takes_no_snapshot_for_whole_that_is_not) {
  fault("qmsnapshot", {{"half", true}, {"once", true}, {"error", "interrupted by signal"}});
  EXPECT_THAT(why(run(step_kind::create_snapshot)), HasSubstr("interrupted by signal"));
  ASSERT_EQ(guest()["snapshots"][name()]["snapstate"], "prepare");
  EXPECT_THAT(why(run(step_kind::restore_snapshot)), HasSubstr("there is no snapshot"));
  EXPECT_THAT(why(run(step_kind::create_snapshot, 2)), IsEmpty());
  EXPECT_FALSE(guest()["snapshots"][name()].contains("snapstate"));
}

TEST_P(proxmox_driver, starts_the_guest_that_a_rollback_has_left_stopped) {
  run(step_kind::create_snapshot);
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_EQ(guest()["running"], true);
  EXPECT_EQ(guest()["boots"], 1);
  EXPECT_THAT(outcome.facts.at("seen"), HasSubstr("guest 100 on pve2 stands on " + name()));
  fault("qmstart", {{"error", "start failed: no IOMMU"}});
  EXPECT_THAT(why(run(step_kind::restore_snapshot, 2)), HasSubstr("no IOMMU"));
}

TEST_P(proxmox_driver, does_not_believe_a_rollback_that_did_nothing) {
  run(step_kind::create_snapshot);
  guest([&](json& now) {
    now["snapshots"]["later"] = now["snapshots"][name()], now["parent"] = "later";
  });
  fault("qmrollback", {{"lie", true}});
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome),
              AllOf(HasSubstr("said that all is well"), HasSubstr("stands on later")));
  EXPECT_FALSE(outcome.facts.contains("seen"));
}

TEST_P(proxmox_driver, says_what_a_storage_cannot_that_goes_back_to_the_newest_only) {
  change(file(), [](json& now) { now["storages"]["local-zfs"]["newest_only"] = true; });
  run(step_kind::create_snapshot);
  ASSERT_TRUE(works({(host.home() / "bin/qm").string(), "snapshot", "100", "by-hand"}));
  guest([](json& now) { now["snapshots"]["by-hand"]["snaptime"] = 4'000'000'000; });
  const auto outcome = run(step_kind::restore_snapshot);
  EXPECT_THAT(why(outcome), HasSubstr("not most recent"));
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("delete the newer ones first")));
  EXPECT_TRUE(guest()["snapshots"].contains("by-hand"));
}

TEST_P(proxmox_driver, finds_the_guest_wherever_it_is) {
  policy().guest = "100";
  guest([](json& now) { now["node"] = "pve1", now["name"] = "production"; });
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
  EXPECT_THAT(calls(), HasSubstr("create /nodes/pve1/qemu/100/snapshot"));
  policy().guest = "production";
  EXPECT_THAT(why(check()), IsEmpty());
}

TEST_P(proxmox_driver, says_beforehand_which_guest_cannot_be_used) {
  change(file(), [](json& now) { now["guests"]["101"] = now["guests"]["100"]; });
  EXPECT_THAT(why(check()), AllOf(HasSubstr("more than one"), HasSubstr("say its number")));
  policy().guest = "101";
  change(file(), [](json& now) { now["guests"]["101"]["template"] = true; });
  EXPECT_THAT(why(check()), HasSubstr("is a template"));
  policy().guest = "100";
  change(file(), [](json& now) { now["nodes"]["pve2"] = "offline"; });
  EXPECT_THAT(why(check()), HasSubstr("guest 100 on pve2 cannot be asked: pve2 does not answer"));
}

TEST_P(proxmox_driver, says_beforehand_that_its_storage_has_no_snapshots) {
  change(file(), [](json& now) { now["storages"]["local-zfs"]["snapshots"] = false; });
  EXPECT_THAT(why(check()), HasSubstr("on a storage that has no snapshots"));
  EXPECT_THAT(why(run(step_kind::create_snapshot)), HasSubstr("snapshot feature is not available"));
}

TEST_P(proxmox_driver, says_beforehand_that_it_wants_root) {
  change(file(), [](json& now) { now["wants_root"] = true; });
  EXPECT_THAT(why(check()), AllOf(HasSubstr("please run as root"), HasSubstr("sudo: true")));
  write_file(host.home() / "bin" / "sudo", "#!/bin/sh\nshift\nSTAND_IN_ROOT=1 exec \"$@\"\n", 0700);
  policy().sudo = true;
  EXPECT_THAT(why(check()), IsEmpty());
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
}

TEST_P(proxmox_driver, reads_whatever_a_person_has_written_beside_a_snapshot) {
  guest([](json& now) {
    now["snapshots"]["odd"] = {
        {"snaptime", 0}, {"description", "a|b\n\"c\" \\ ü\tcurrent|"}, {"vmstate", 0}};
  });
  EXPECT_THAT(why(run(step_kind::create_snapshot)), IsEmpty());
  EXPECT_THAT(verb(snapshot_verb::list, "").log_tail, HasSubstr("odd"));
}

TEST_P(proxmox_driver, knows_the_names_that_proxmox_keeps_for_itself) {
  for (const auto* taken : {"current", "Pending", "vzdump", "x"})
    EXPECT_EQ(snapshot_job(policy(), snapshot_verb::rollback, "rtx", taken).error().code, ec::usage)
        << taken;
}
