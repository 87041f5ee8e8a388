#include "runtime/steps/owner_line.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace baton::test {

namespace {

/// This process's line with something changed.
std::string line_with(const char* key, const nlohmann::json& value) {
  auto told = nlohmann::json::parse(owner_line("me", "here"));
  told[key] = value;
  return told.dump();
}

TEST(an_owner, that_is_this_process_lives) {
  EXPECT_EQ(process_of(owner_line("me", "here")), owner_process::lives);
}

TEST(an_owner, whose_pid_another_process_has_by_now_is_gone) {
  EXPECT_EQ(process_of(line_with("start_ticks", "1")), owner_process::gone);
}

TEST(an_owner, that_was_killed_is_gone_at_once) {
  int says[2];
  ASSERT_EQ(::pipe(says), 0);
  const auto child = ::fork();
  if (child == 0) {
    const auto line = owner_line("me", "here");
    [[maybe_unused]] const auto n = ::write(says[1], line.data(), line.size());
    ::close(says[1]);
    ::pause();
    ::_exit(0);
  }
  ::close(says[1]);
  std::string line;
  char byte = 0;
  while (::read(says[0], &byte, 1) == 1)
    line += byte;
  ::close(says[0]);
  EXPECT_EQ(process_of(line), owner_process::lives);
  ::kill(child, SIGKILL);
  siginfo_t what{};
  ::waitid(P_PID, static_cast<id_t>(child), &what, WEXITED | WNOWAIT);
  EXPECT_EQ(process_of(line), owner_process::gone) << "a zombie";
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(process_of(line), owner_process::gone);
}

TEST(an_owner, cannot_be_looked_for_from_elsewhere) {
  EXPECT_EQ(process_of(line_with("boot_id", "another")), owner_process::elsewhere);
  EXPECT_EQ(process_of(line_with("pid_space", "pid:[1]")), owner_process::elsewhere);
}

TEST(an_owner, that_tells_nonsense_is_nobody_to_look_for) {
  for (const auto& line :
       {std::string{}, std::string{"{"}, std::string{"[]"}, std::string{"{}"}, line_with("pid", -1),
        line_with("pid", "4711"), line_with("pid", 1ULL << 40U), line_with("boot_id", 7),
        line_with("start_ticks", "")})
    EXPECT_EQ(process_of(line), owner_process::elsewhere) << line;
}

} // namespace

} // namespace baton::test
