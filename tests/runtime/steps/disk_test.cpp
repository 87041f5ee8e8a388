#include "rig.hpp"

#include <fstream>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace baton::test {

using namespace std::chrono_literals;

/// The state folder on a small file system of its own.
class disk : public on_each_shell {
protected:
  void SetUp() override {
    std::filesystem::create_directories(host.state());
    if (::mount("tmpfs", host.state().c_str(), "tmpfs", 0, "size=4m") != 0)
      GTEST_SKIP() << "mounting needs root";
    mounted_ = true;
  }

  void TearDown() override {
    for (const auto pid : host.processes())
      ::kill(pid, SIGKILL);
    if (mounted_)
      ::umount2(host.state().c_str(), MNT_DETACH);
  }

  void fill() const {
    std::ofstream file{host.state() / "fill", std::ios::binary | std::ios::app};
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }

private:
  bool mounted_ = false;
};

INSTANTIATE_TEST_SUITE_P(shell, disk, testing::ValuesIn(shells()),
                         [](const auto& each) { return each.param; });

TEST_P(disk, that_fills_while_steps_run_loses_no_exit_status) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  constexpr int steps = 5;
  for (int i = 0; i < steps; ++i) {
    auto what = effect("r1/" + std::to_string(i),
                       "echo begun; until [ -e \"$RIG/go\" ]; do sleep 0.05; done\n"
                       "head -c 300000 /dev/zero; echo fed; exit "
                           + std::to_string(40 + i),
                       fence);
    what.wait = 0ms;
    ASSERT_TRUE(host_shell.start(what));
  }
  for (int i = 0; i < steps; ++i)
    ASSERT_TRUE(host_shell.until(
        [&] { return host_shell.poll("r1/" + std::to_string(i))->log == "begun\n"; }));
  fill();
  std::ofstream{host.folder() / "go"};
  for (int i = 0; i < steps; ++i) {
    const auto report = host_shell.finish("r1/" + std::to_string(i));
    EXPECT_EQ(report.state, step_state::done);
    EXPECT_EQ(report.status, 40 + i) << "its output must not hurt the program";
    EXPECT_TRUE(report.log_cut);
    EXPECT_TRUE(report.log_full);
    EXPECT_EQ(report.log.substr(0, 6), "begun\n");
  }
  EXPECT_TRUE(host_shell.heartbeat("r1", fence)) << "a heartbeat is a rename";
}

TEST_P(disk, that_is_full_refuses_steps_and_leases_with_the_cause) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  fill();
  for (const auto& what :
       {effect("r1/1", "echo ran >>\"$RIG/ran\"", fence), look("r1/2", "true")}) {
    const auto refused = host_shell.start(what);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ec::no_space) << refused.error().what;
    EXPECT_EQ(host_shell.poll(what.id)->state, step_state::absent);
  }
  EXPECT_FALSE(std::filesystem::exists(host.folder() / "ran"));
  EXPECT_TRUE(host_shell.release("r1", fence));
  fill(); // what the lease took
  const auto lease = host_shell.acquire("r2");
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().code, ec::no_space) << lease.error().what;
  std::filesystem::remove(host.state() / "fill");
  EXPECT_EQ(host_shell.start(effect("r1/1", "true", host_shell.acquire("r2")->fence))->started,
            true);
}

TEST_P(disk, that_is_full_from_the_start_is_named) {
  fill();
  conversation host_shell{host};
  // An empty folder may still be made there; then the lease tells.
  if (host_shell.facts()) {
    const auto lease = host_shell.acquire("r1");
    ASSERT_FALSE(lease);
    EXPECT_EQ(lease.error().code, ec::no_space);
  } else {
    EXPECT_EQ(host_shell.facts().error().code, ec::no_space);
  }
}

TEST_P(disk, that_is_read_only_refuses_with_the_cause) {
  std::uint64_t fence = 0;
  {
    conversation host_shell{host};
    fence = host_shell.acquire("r1")->fence;
  }
  ASSERT_EQ(::mount("tmpfs", host.state().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  conversation host_shell{host};
  ASSERT_TRUE(host_shell.facts()) << describe(host_shell.facts().error());
  for (const auto& what : {effect("r1/1", "true", fence), look("r1/2", "true")}) {
    const auto refused = host_shell.start(what);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ec::step_failed);
    EXPECT_NE(refused.error().what.find("Read-only"), std::string::npos) << refused.error().what;
  }
  EXPECT_EQ(host_shell.show()->holder->run, "r1");
  const auto lease = host_shell.break_lease();
  ASSERT_FALSE(lease);
  EXPECT_NE(lease.error().what.find("Read-only"), std::string::npos) << lease.error().what;
}

TEST_P(disk, that_forbids_execution_is_good_enough) {
  ASSERT_EQ(::mount("tmpfs", host.state().c_str(), "tmpfs", MS_REMOUNT | MS_NOEXEC, nullptr), 0);
  conversation host_shell{host};
  auto what = effect("r1/1", "exit 6", host_shell.acquire("r1")->fence);
  what.wait = 10s;
  EXPECT_EQ(host_shell.start(what)->status, 6);
}

} // namespace baton::test
