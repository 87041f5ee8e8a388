#include "runtime/journal/journal.hpp"

#include "tests/runtime/journal/journal_support.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// What other processes do to the file, and what is left when they die.

namespace baton {
namespace {

using testing::HasSubstr;

/// A process that runs `work` and ends with what it gives back.
template <class Work>
pid_t spawn(Work work) {
  const pid_t child = fork();
  if (child == 0)
    _exit(work());
  return child;
}

int status_of(pid_t child) {
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

/// A batch as a decision makes them: an outcome and what follows from it.
std::vector<record> batch_of(const std::string& run, int number) {
  const auto phase = "p" + std::to_string(number);
  return {happened(run, event::phase_ended{phase, phase_outcome::ok}),
          happened(run, event::phase_started{phase}),
          happened(run, event::alert_raised{severity::info, phase, "", std::string(300, 'x')})};
}

/// Appends batches for ever; says each on `told` once it is durable.
int write_for_ever(const std::filesystem::path& file, int told) {
  auto to = journal::open(file);
  for (int number = 0; to; ++number) {
    auto batch = batch_of("r", number);
    if (!to->append(batch) || write(told, "x", 1) != 1)
      return 1;
  }
  return 2;
}

TEST(a_journal_whose_writer_is_killed, holds_whole_batches_and_all_that_were_said_to_be_durable) {
  temp_folder folder;
  const auto file = folder / "journal.db";
  std::uint64_t durable_before = 0;
  for (int round = 0; round < 12; ++round) {
    int told[2];
    ASSERT_EQ(pipe2(told, O_CLOEXEC), 0);
    const auto child = spawn([&] { return write_for_ever(file, told[1]); });
    close(told[1]);
    // Killed at another place of its work each time: after some batches, and a little.
    std::uint64_t said = 0;
    char sign = 0;
    for (int i = 0; i <= round; ++i)
      said += read(told[0], &sign, 1) == 1 ? 1u : 0u;
    pollfd never{-1, 0, 0};
    poll(&never, 1, round % 4);
    kill(child, SIGKILL);
    EXPECT_TRUE(WIFSIGNALED(status_of(child)));
    while (read(told[0], &sign, 1) == 1)
      ++said;
    close(told[0]);

    auto left = journal::open(file);
    ASSERT_TRUE(left) << left.error().what;
    const auto events = left->verify();
    ASSERT_TRUE(events) << events.error().what;
    EXPECT_EQ(*events % 3, 0u) << "half a batch";
    EXPECT_GE(*events, durable_before + said * 3);
    EXPECT_LE(*events, durable_before + said * 3 + 3);
    const auto rows = *left->derived_rows();
    ASSERT_TRUE(left->rebuild());
    EXPECT_EQ(*left->derived_rows(), rows);
    durable_before = *events;
  }
}

TEST(a_journal_of_several_processes, is_one_chain) {
  temp_folder folder;
  // Not there yet: they also race for making it.
  const auto file = folder / "state/journal.db";
  constexpr int processes = 4;
  constexpr int batches = 30;
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p)
    children.push_back(spawn([&] {
      auto to = journal::open(file);
      if (!to)
        return 1;
      for (int number = 0; number < batches; ++number) {
        auto batch = batch_of("r" + std::to_string(p), number);
        const auto numbers = to->append(batch);
        if (!numbers || (*numbers)[2] != (*numbers)[0] + 2)
          return 2;
      }
      return 0;
    }));
  for (const auto child : children) {
    const int status = status_of(child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  auto left = journal::open(file);
  ASSERT_TRUE(left) << left.error().what;
  EXPECT_EQ(*left->verify(), static_cast<std::uint64_t>(processes * batches * 3));
  for (int p = 0; p < processes; ++p)
    EXPECT_EQ(*left->count("r" + std::to_string(p)), static_cast<std::size_t>(batches * 3));
}

/// Ends of the children below.
enum : int { as_it_should = 0, no_file_system = 10 };

/// Lets the journal run into `limit`, then lifts it; what was not as it should be.
template <class Lift>
int fill_up(const std::filesystem::path& file, const char* remedy, Lift lift) {
  auto to = journal::open(file);
  if (!to)
    return 1;
  std::uint64_t durable = 0;
  std::optional<error> why;
  for (int number = 0; number < 100'000 && !why; ++number) {
    auto batch = batch_of("r", number);
    if (const auto numbers = to->append(batch))
      durable = numbers->back();
    else
      why = numbers.error();
  }
  if (!why || why->code != ec::journal_failed)
    return 2;
  if (why->what.find(remedy) == std::string::npos) {
    dprintf(2, "%s\n", why->what.c_str());
    return 3;
  }
  if (to->last_seq() != durable || to->verify() != durable)
    return 4;
  lift();
  auto batch = batch_of("r", 0);
  if (const auto numbers = to->append(batch); !numbers || numbers->front() != durable + 1)
    return 5;
  auto again = journal::open(file);
  return again && again->verify() == durable + 3 ? as_it_should : 6;
}

TEST(a_journal_on_a_full_disk, takes_nothing_by_halves_and_goes_on_when_there_is_space) {
  temp_folder folder;
  const auto child = spawn([&] {
    // A small file system that only this child sees.
    const int spaces = geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
    if (unshare(spaces) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
        || mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=2m,mode=0700") != 0)
      return static_cast<int>(no_file_system);
    const auto ballast = folder / "ballast";
    std::ofstream{ballast} << std::string(1'000'000, 'x');
    return fill_up(folder / "state/journal.db", "the disk is full: free some space under",
                   [&] { std::filesystem::remove(ballast); });
  });
  const int status = status_of(child);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  if (WEXITSTATUS(status) == no_file_system)
    GTEST_SKIP() << "a small file system cannot be mounted here";
  EXPECT_EQ(WEXITSTATUS(status), as_it_should);
}

TEST(a_journal_that_may_not_grow, takes_nothing_by_halves_and_goes_on_when_it_may) {
  temp_folder folder;
  const auto child = spawn([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const auto before = limit.rlim_cur;
    limit.rlim_cur = 600'000;
    setrlimit(RLIMIT_FSIZE, &limit);
    return fill_up(folder / "journal.db", "disk", [&] {
      limit.rlim_cur = before;
      setrlimit(RLIMIT_FSIZE, &limit);
    });
  });
  const int status = status_of(child);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), as_it_should);
}

} // namespace
} // namespace baton
