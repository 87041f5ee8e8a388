#include "runtime/process_identity.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace baton::test {

namespace {

/// A child that tells what the signal SIGUSR1 has brought it: its number, and from whom.
class listening_child {
public:
  listening_child() {
    if (::pipe(says_) != 0)
      return;
    pid_ = ::fork();
    if (pid_ == 0) {
      sigset_t wanted;
      sigemptyset(&wanted);
      sigaddset(&wanted, SIGUSR1);
      ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
      const auto who = this_process();
      tell(&who.start_ticks, sizeof who.start_ticks);
      siginfo_t heard{};
      ::sigwaitinfo(&wanted, &heard);
      const int numbers[] = {heard.si_value.sival_int, static_cast<int>(heard.si_uid)};
      tell(numbers, sizeof numbers);
      ::pause();
      ::_exit(0);
    }
    ::close(says_[1]);
    who_ = this_process();
    who_.pid = pid_;
    hear(&who_.start_ticks, sizeof who_.start_ticks);
  }
  ~listening_child() {
    end();
    ::close(says_[0]);
  }
  listening_child(const listening_child&) = delete;
  listening_child& operator=(const listening_child&) = delete;

  const process_identity& who() const { return who_; }
  void hear(void* into, std::size_t size) const {
    EXPECT_EQ(::read(says_[0], into, size), static_cast<ssize_t>(size));
  }
  void end() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

private:
  void tell(const void* what, std::size_t size) const {
    [[maybe_unused]] const auto n = ::write(says_[1], what, size);
  }
  int says_[2] = {-1, -1};
  pid_t pid_ = -1;
  process_identity who_;
};

TEST(a_process, that_is_held_hears_a_signal_and_what_it_carries) {
  listening_child child;
  EXPECT_EQ(fate_of(child.who()), owner_process::lives);
  const auto held = process_handle::open(child.who());
  ASSERT_TRUE(held) << held.error().what;
  EXPECT_FALSE(held->ends_within(duration{0}));
  ASSERT_TRUE(held->send(SIGUSR1, 4711));
  int numbers[2] = {};
  child.hear(numbers, sizeof numbers);
  EXPECT_EQ(numbers[0], 4711);
  EXPECT_EQ(numbers[1], static_cast<int>(::getuid()));
}

TEST(a_process, that_has_ended_is_seen_and_hears_nothing_more) {
  listening_child child;
  const auto held = process_handle::open(child.who());
  ASSERT_TRUE(held) << held.error().what;
  child.end();
  EXPECT_TRUE(held->ends_within(duration{5'000}));
  const auto sent = held->send(SIGUSR1, 0);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ec::unreachable);
  EXPECT_EQ(fate_of(child.who()), owner_process::gone);
  const auto again = process_handle::open(child.who());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().what.find("is gone"), std::string::npos) << again.error().what;
}

TEST(a_process, whose_pid_another_has_by_now_cannot_be_held) {
  listening_child child;
  for (const auto change : {-1, 1}) {
    auto who = child.who();
    who.start_ticks += static_cast<std::uint64_t>(change);
    EXPECT_FALSE(process_handle::open(who));
    EXPECT_EQ(fate_of(who), owner_process::gone);
  }
}

TEST(a_process, of_another_machine_or_container_cannot_be_held) {
  for (const auto part : {0, 1, 2, 3}) {
    auto who = this_process();
    switch (part) {
    case 0:
      who.boot_id = "another";
      break;
    case 1:
      who.pid_space = "pid:[1]";
      break;
    case 2:
      who.pid_space.clear(); // written by a Baton that did not say it
      break;
    default:
      who.pid = 0;
    }
    EXPECT_EQ(fate_of(who), owner_process::elsewhere);
    const auto held = process_handle::open(who);
    ASSERT_FALSE(held);
    EXPECT_NE(held.error().what.find("not of this machine"), std::string::npos);
  }
}

} // namespace

} // namespace baton::test
