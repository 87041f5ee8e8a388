#include "rig.hpp"

#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace baton::test {

using namespace std::chrono_literals;

class handshake : public on_each_shell {
protected:
  std::string sh() const { return (host.folder() / "bin/sh").string(); }
};

INSTANTIATE_TEST_SUITE_P(shell, handshake, testing::ValuesIn(shells()),
                         [](const auto& each) { return each.param; });

TEST_P(handshake, drops_what_a_noisy_login_prints) {
  conversation::options how;
  how.command =
      "printf 'Welcome! 0 READY\\n\\377\\376\\000no newline'; head -c 300000 /dev/urandom; exec "
      + sh();
  conversation host_shell{host, how};
  ASSERT_TRUE(host_shell.facts()) << describe(host_shell.facts().error());
  EXPECT_GT(host_shell.facts()->uptime_seconds, 0);
  EXPECT_EQ(host_shell.facts()->uid, ::getuid());
  EXPECT_FALSE(host_shell.facts()->boot_id.empty());
  EXPECT_EQ(host_shell.facts()->session_tool, "setsid");
  EXPECT_EQ(host_shell.poll("r/1")->state, step_state::absent);
}

TEST_P(handshake, gives_up_on_noise_without_end) {
  conversation::options how;
  how.command = "exec yes noise";
  conversation host_shell{host, how};
  ASSERT_FALSE(host_shell.facts());
  EXPECT_EQ(host_shell.facts().error().code, ec::connection_lost);
  ASSERT_TRUE(host_shell.shell().broken());
  EXPECT_EQ(host_shell.poll("r/1").error().code, ec::connection_lost);
}

TEST_P(handshake, finds_its_folder_without_being_told) {
  conversation::options how;
  how.state_dir = "-";
  {
    conversation host_shell{host, how};
    ASSERT_TRUE(host_shell.facts()) << describe(host_shell.facts().error());
    EXPECT_EQ(host_shell.facts()->state_dir, host.home() / ".local/state/baton");
    EXPECT_EQ(std::filesystem::status(host.home() / ".local/state/baton").permissions(),
              std::filesystem::perms::owner_all);
  }
  how.unset = {"HOME"};
  const auto expected_home = "/var/tmp/baton-" + std::to_string(::getuid());
  // It is everybody's: the same test for another shell may be there at the same time.
  const int turn = ::open("/var/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(::flock(turn, LOCK_EX), 0);
  const bool was_there = std::filesystem::exists(expected_home);
  conversation homeless{host, how};
  ASSERT_TRUE(homeless.facts()) << describe(homeless.facts().error());
  EXPECT_EQ(homeless.facts()->state_dir, expected_home);
  auto what = look("homeless-" + std::to_string(::getpid()) + "/1", "pwd");
  what.wait = 10s;
  EXPECT_EQ(homeless.start(what)->log, "/\n");
  EXPECT_TRUE(homeless.forget(what.id));
  if (!was_there)
    std::filesystem::remove_all(expected_home);
  ::close(turn);
}

TEST_P(handshake, refuses_a_relative_folder_and_one_that_cannot_be) {
  std::ofstream{host.folder() / "file"};
  for (const auto& folder : {std::string{"relative"}, (host.folder() / "file/state").string()}) {
    conversation::options how;
    how.state_dir = folder;
    conversation host_shell{host, how};
    ASSERT_FALSE(host_shell.facts()) << folder;
    EXPECT_EQ(host_shell.facts().error().code, ec::step_failed);
    EXPECT_NE(host_shell.facts().error().what.find(folder), std::string::npos)
        << host_shell.facts().error().what;
    EXPECT_EQ(host_shell.facts().error().target, "rig");
  }
}

TEST_P(handshake, takes_a_folder_in_the_home) {
  conversation::options how;
  how.state_dir = "~/of our own";
  conversation host_shell{host, how};
  ASSERT_TRUE(host_shell.facts()) << describe(host_shell.facts().error());
  EXPECT_EQ(host_shell.facts()->state_dir, host.home() / "of our own");
}

TEST_P(handshake, takes_a_folder_with_any_name) {
  conversation::options how;
  how.state_dir = (host.folder() / "it's a $(folder) *\"\\").string();
  conversation host_shell{host, how};
  ASSERT_TRUE(host_shell.facts()) << describe(host_shell.facts().error());
  EXPECT_EQ(host_shell.facts()->state_dir, how.state_dir);
  const auto lease = host_shell.acquire("r1");
  ASSERT_TRUE(lease);
  auto what = effect("r1/1", "echo \"$BATON_DIR\"", lease->fence);
  what.wait = 10s;
  EXPECT_EQ(host_shell.start(what)->log, how.state_dir + "\n");
}

TEST_P(handshake, names_the_tools_that_are_missing) {
  // A PATH of our own that lacks sync, and every way to make a session.
  const auto tools = host.folder() / "tools";
  std::filesystem::create_directories(tools);
  for (const std::string tool :
       {"mkdir", "dd", "ln", "mv", "rm", "rmdir", "sleep", "ls", "id", "wc", "grep", "readlink"})
    std::filesystem::create_symlink("/usr/bin/" + tool, tools / tool);
  conversation::options how;
  how.command = "PATH=" + tools.string() + " exec " + sh();
  if (GetParam() == "busybox")
    GTEST_SKIP() << "busybox has its tools within itself";
  conversation host_shell{host, how};
  ASSERT_FALSE(host_shell.facts());
  EXPECT_EQ(host_shell.facts().error().code, ec::missing_tool);
  EXPECT_EQ(host_shell.facts().error().what,
            "steps need on this machine: sync setsid-or-perl-or-python3");
}

TEST_P(handshake, makes_sessions_without_setsid) {
  if (GetParam() == "busybox")
    GTEST_SKIP() << "busybox has setsid within itself";
  const auto tools = host.folder() / "tools";
  std::filesystem::create_directories(tools);
  for (const std::string tool : {"mkdir", "dd", "ln", "mv", "rm", "rmdir", "sleep", "ls", "id",
                                 "wc", "grep", "readlink", "sync", "cat", "perl", "python3"})
    if (std::filesystem::exists("/usr/bin/" + tool))
      std::filesystem::create_symlink("/usr/bin/" + tool, tools / tool);
  std::filesystem::create_symlink(host.folder() / "bin/sh", tools / "sh");
  for (const std::string tool : {"perl", "python3"}) {
    if (!std::filesystem::exists(tools / tool))
      continue;
    conversation::options how;
    how.command = "PATH=" + tools.string() + " exec " + sh();
    conversation host_shell{host, how};
    ASSERT_TRUE(host_shell.facts()) << describe(host_shell.facts().error());
    EXPECT_EQ(host_shell.facts()->session_tool, tool);
    EXPECT_EQ(host_shell.facts()->missing.front(), "setsid");
    auto what =
        look("r1/" + tool, "read -r pid name state parent group session rest </proc/$$/stat\n"
                           "[ $group = $$ ] && [ $session = $$ ] && echo own");
    what.wait = 10s;
    EXPECT_EQ(host_shell.start(what)->log, "own\n");
    std::filesystem::remove(tools / tool);
  }
}

/// Bytes of a request, for playing with.
std::string request_of(conversation& host_shell, const step_start& what) {
  return host_shell.shell().start(what, [](const expected<step_report>&) {});
}

TEST_P(handshake, does_nothing_for_a_request_that_was_cut) {
  const auto ran = host.folder() / "ran";
  auto what = look("r1/1", "echo >" + ran.string());
  for (const std::size_t missing : {1u, 3u, 7u, 30u}) {
    conversation host_shell{host};
    auto bytes = request_of(host_shell, what);
    host_shell.send(bytes.substr(0, bytes.size() - missing));
    host_shell.close_input();
    ASSERT_TRUE(host_shell.until([&] { return host_shell.shell().broken().has_value(); }));
    conversation next{host};
    EXPECT_EQ(next.poll(what.id)->state, step_state::absent) << missing;
    EXPECT_FALSE(std::filesystem::exists(ran));
  }
}

TEST_P(handshake, ends_at_a_wrong_trailer) {
  conversation host_shell{host};
  auto bytes = request_of(host_shell, look("r1/1", "true"));
  bytes.replace(bytes.rfind("end "), 4, "and ");
  host_shell.send(bytes);
  ASSERT_TRUE(host_shell.until([&] { return host_shell.shell().broken().has_value(); }));
  EXPECT_EQ(host_shell.shell().pending(), 0u);
}

TEST_P(handshake, never_takes_a_payload_for_requests) {
  const auto ran = host.folder() / "ran";
  conversation host_shell{host};
  // The state folder goes away: the script cannot be stored, but must be read.
  std::filesystem::remove_all(host.state());
  std::ofstream{host.state()};
  const std::string script = "\n5 poll 0 a b 0 0\nend 5\nrm -rf x\necho >" + ran.string() + "\n";
  const auto refused = host_shell.start(look("r1/1", script));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::step_failed);
  EXPECT_FALSE(std::filesystem::exists(ran));
  EXPECT_TRUE(host_shell.poll("r1/1"));
  EXPECT_FALSE(host_shell.shell().broken());
}

TEST_P(handshake, survives_a_folder_that_cannot_be_written) {
  if (::getuid() == 0)
    GTEST_SKIP() << "root writes everywhere; disk_test has a read-only file system";
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  std::filesystem::permissions(host.state() / "effects", std::filesystem::perms::owner_read
                                                             | std::filesystem::perms::owner_exec);
  const auto refused = host_shell.start(effect("r1/1", "true", fence));
  EXPECT_FALSE(refused);
  std::filesystem::permissions(host.state() / "effects", std::filesystem::perms::owner_all);
}

} // namespace baton::test
