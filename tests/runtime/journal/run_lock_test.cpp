#include "runtime/journal/run_lock.hpp"

#include "runtime/journal/state_dir.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace baton {
namespace {

using testing::HasSubstr;

TEST(run_lock, is_held_by_one_and_names_its_holder) {
  temp_folder folder;
  auto mine = run_lock::acquire(folder.path(), "r1");
  ASSERT_TRUE(mine) << mine.error().what;
  const auto second = run_lock::acquire(folder.path(), "r1");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ec::lease_held);
  EXPECT_THAT(second.error().what, HasSubstr("process " + std::to_string(getpid())));
  EXPECT_TRUE(run_lock::acquire(folder.path(), "r2"));

  const auto owner = *run_lock::owner(folder.path(), "r1");
  ASSERT_TRUE(owner);
  EXPECT_TRUE(owner->alive);
  EXPECT_EQ(owner->process, this_process());
  EXPECT_EQ(owner->process.boot_id.size(), 36u);
  EXPECT_GT(owner->since, time_point{});
}

TEST(run_lock, is_free_again_when_it_is_let_go) {
  temp_folder folder;
  { const auto mine = run_lock::acquire(folder.path(), "r1"); }
  EXPECT_FALSE(*run_lock::owner(folder.path(), "r1"));
  auto again = run_lock::acquire(folder.path(), "r1");
  ASSERT_TRUE(again);
  auto moved = std::move(*again);
  EXPECT_FALSE(run_lock::acquire(folder.path(), "r1"));
}

TEST(run_lock, lists_the_runs_that_somebody_works_at) {
  temp_folder folder;
  EXPECT_THAT(run_lock::owned(folder.path()), testing::IsEmpty());
  const auto one = run_lock::acquire(folder.path(), "r2");
  const auto other = run_lock::acquire(folder.path(), "r1");
  std::ofstream{folder / "locks/r3"} << "{}"; // of one that was killed
  EXPECT_THAT(run_lock::owned(folder.path()), testing::ElementsAre("r1", "r2"));
}

TEST(run_lock, of_a_killed_process_tells_who_had_it_and_can_be_taken) {
  temp_folder folder;
  int told[2];
  ASSERT_EQ(pipe(told), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto held = run_lock::acquire(folder.path(), "r1");
    if (write(told[1], held ? "y" : "n", 1) == 1)
      pause();
    _exit(0);
  }
  char answer = 0;
  EXPECT_EQ(read(told[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_TRUE((*run_lock::owner(folder.path(), "r1"))->alive);
  EXPECT_FALSE(run_lock::acquire(folder.path(), "r1"));

  kill(child, SIGKILL);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
  close(told[0]);
  close(told[1]);
  const auto left = *run_lock::owner(folder.path(), "r1");
  ASSERT_TRUE(left);
  EXPECT_FALSE(left->alive);
  EXPECT_EQ(left->process.pid, child);
  EXPECT_TRUE(run_lock::acquire(folder.path(), "r1"));
}

TEST(run_lock, does_not_stay_with_a_program_that_the_owner_starts) {
  temp_folder folder;
  pid_t child = -1;
  int hold[2];
  ASSERT_EQ(pipe(hold), 0);
  {
    const auto mine = run_lock::acquire(folder.path(), "r1");
    ASSERT_TRUE(mine);
    int ready[2];
    ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
      dup2(hold[0], 0);
      close(hold[1]);
      execl("/bin/cat", "cat", static_cast<char*>(nullptr));
      _exit(1);
    }
    // Ends when the exec has happened: both ends are closed by it.
    close(ready[1]);
    char none = 0;
    EXPECT_EQ(read(ready[0], &none, 1), 0);
    close(ready[0]);
  }
  EXPECT_TRUE(run_lock::acquire(folder.path(), "r1"));
  close(hold[0]);
  close(hold[1]);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
}

TEST(run_lock, takes_no_path_for_an_id_and_survives_a_damaged_file) {
  temp_folder folder;
  for (const auto* id : {"", "../x", "a/b", ".hidden", "/etc/passwd"}) {
    EXPECT_EQ(run_lock::acquire(folder.path(), id).error().code, ec::usage) << id;
    EXPECT_EQ(run_lock::owner(folder.path(), id).error().code, ec::usage) << id;
  }
  ASSERT_TRUE(make_private_folder(folder / "locks"));
  for (const auto* text : {"", "{", "[]", R"({"pid": "x"})", "\xff"}) {
    std::ofstream{folder / "locks/r1"} << text;
    const auto left = *run_lock::owner(folder.path(), "r1");
    ASSERT_TRUE(left);
    EXPECT_FALSE(left->alive);
    EXPECT_TRUE(run_lock::acquire(folder.path(), "r1"));
  }
}

/// Sets an environment variable for one test.
class variable {
public:
  variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name))
      old_ = old;
    value ? setenv(name, value, 1) : unsetenv(name);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }

private:
  const char* name_;
  std::optional<std::string> old_;
};

TEST(state_dir, is_where_the_environment_says) {
  const variable home{"HOME", "/home/me"};
  const variable no_service{"STATE_DIRECTORY", nullptr};
  {
    const variable none{"XDG_STATE_HOME", nullptr};
    EXPECT_EQ(state_dir(), "/home/me/.local/state/baton");
  }
  {
    const variable relative{"XDG_STATE_HOME", "somewhere"};
    EXPECT_EQ(state_dir(), "/home/me/.local/state/baton");
  }
  const variable base{"XDG_STATE_HOME", "/state"};
  EXPECT_EQ(state_dir(), "/state/baton");
  const variable service{"STATE_DIRECTORY", "/var/lib/baton:/var/lib/other"};
  EXPECT_EQ(state_dir(), "/var/lib/baton");
  EXPECT_EQ(journal_file(state_dir()), "/var/lib/baton/journal.db");
}

TEST(state_dir, without_a_home_is_the_one_the_system_knows) {
  const variable home{"HOME", nullptr};
  const variable no_service{"STATE_DIRECTORY", nullptr};
  const variable base{"XDG_STATE_HOME", nullptr};
  EXPECT_TRUE(state_dir().is_absolute());
  EXPECT_TRUE(state_dir().string().ends_with("/.local/state/baton"));
}

} // namespace
} // namespace baton
