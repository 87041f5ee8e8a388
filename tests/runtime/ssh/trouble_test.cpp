#include "tests/runtime/ssh/ssh_test.hpp"
#include "tests/runtime/ssh/valve.hpp"

#include <gmock/gmock.h>

#include <list>

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton {

using testing::HasSubstr;
using trouble_test = session_test;

TEST_F(trouble_test, a_closed_port_is_told_at_once) {
  transport.emplace(options());
  auto to = host.to("vps");
  to.port = free_port();
  const auto begun = std::chrono::steady_clock::now();
  link = transport->open(to, log.sink(), 20s);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::unreachable, why.code);
  EXPECT_EQ("vps", why.target);
  EXPECT_TRUE(why.retryable);
  EXPECT_THAT(why.what, HasSubstr("refused"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

// In the key exchange, in the login, and after it: it says nothing of the keys.
TEST_F(trouble_test, a_line_that_breaks_before_there_is_a_session_is_made_again) {
  const auto all = bytes_of_a_command();
  ASSERT_GT(all, 1500U);
  int made_again = 0;
  for (std::size_t before_the_end = 16; before_the_end < 900; before_the_end += 48) {
    SCOPED_TRACE(std::to_string(before_the_end) + " of " + std::to_string(all)
                 + " bytes are missing");
    valve between{host.port(), all - before_the_end};
    const auto id = run_through(between);
    ASSERT_TRUE(between.is_shut());
    between.anew(valve::open);
    const auto end = log.end(*link, id);
    if (end.why) {
      EXPECT_EQ(ec::connection_lost, end.why->code) << end.why->what;
      EXPECT_TRUE(end.why->retryable) << end.why->what;
    } else {
      EXPECT_EQ(0, end.status);
      ++made_again;
    }
  }
  EXPECT_GT(made_again, 4);
}

TEST_F(trouble_test, a_line_that_always_breaks_in_the_login_is_given_up_and_says_nothing_of_keys) {
  const auto in_the_login = bytes_of_a_command() - 640;
  valve between{host.port(), in_the_login};
  run_through(between);
  int broken = 0;
  while (!log.wait([](auto& heard) { return heard.lost.has_value(); }, 0ms)) {
    ASSERT_TRUE(between.is_shut());
    ASSERT_LT(++broken, 20);
    between.anew(in_the_login);
    log.wait([&](auto& heard) { return heard.lost.has_value(); }, 1s);
  }
  const auto why = log.why_lost();
  EXPECT_EQ(ec::unreachable, why.code) << why.what;
  EXPECT_TRUE(why.retryable) << why.what;
  EXPECT_THAT(why.what, HasSubstr("ended during the login"));
  EXPECT_THAT(why.what, HasSubstr("attempts"));
  EXPECT_GT(broken, 2);
}

TEST_F(trouble_test, a_stopped_sshd_is_given_up_at_the_deadline) {
  host.signal(SIGSTOP);
  transport.emplace(options());
  const auto begun = std::chrono::steady_clock::now();
  link = transport->open(host.to("vps"), log.sink(), 700ms);
  const auto why = log.why_lost();
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(ec::timed_out, why.code);
  EXPECT_EQ("vps", why.target);
  EXPECT_GE(took, 690ms);
  EXPECT_LT(took, 3s);
  host.signal(SIGCONT);
}

TEST_F(trouble_test, a_run_on_a_stopped_host_ends_at_its_deadline) {
  connect();
  host.signal(SIGSTOP);
  const auto begun = std::chrono::steady_clock::now();
  const auto id = link->run("true", 500ms);
  EXPECT_EQ(ec::timed_out, log.end(*link, id).why->code);
  EXPECT_LT(log.ended_at(id) - begun, 2s);
  host.signal(SIGCONT);
}

TEST_F(trouble_test, a_cancel_on_a_stopped_host_is_heard_within_a_second) {
  connect();
  const auto id = link->run("exec /bin/sh", 60s);
  link->write(id, "echo up\n");
  ASSERT_TRUE(log.came(id, "up\n"));
  host.signal(SIGSTOP);
  link->write(id, std::string(8'000'000, '#'));
  const auto asked = std::chrono::steady_clock::now();
  link->cancel(id);
  EXPECT_EQ(ec::cancelled, log.end(*link, id).why->code);
  EXPECT_LT(log.ended_at(id) - asked, 1s);
  const auto closing = std::chrono::steady_clock::now();
  link.reset();
  transport.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - closing, 1s);
  host.signal(SIGCONT);
}

TEST_F(trouble_test, a_stopped_host_holds_up_no_other) {
  const loopback_sshd other;
  trust(other);
  connect();
  host.signal(SIGSTOP);
  const auto stuck = link->run("cat", 60s);
  link->write(stuck, std::string(8'000'000, '#'));
  heard second;
  const auto good = transport->open(other.to(), second.sink(), 20s);
  const auto begun = std::chrono::steady_clock::now();
  const auto id = good->run("echo fine", 10s);
  EXPECT_EQ(0, second.end(*good, id).status.value_or(-1));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  host.signal(SIGCONT);
}

TEST_F(trouble_test, a_silent_host_is_given_up_by_keepalive) {
  auto how = options();
  how.keepalive = 100ms;
  connect_with(how);
  // While it lives, silence is none.
  EXPECT_FALSE(log.wait([](auto& all) { return all.lost.has_value(); }, 1500ms));
  host.signal(SIGSTOP);
  EXPECT_EQ(ec::connection_lost, log.why_lost().code);
  host.signal(SIGCONT);
}

TEST_F(trouble_test, a_killed_sshd_ends_every_channel_then_the_session) {
  connect();
  const auto one = link->run("exec /bin/sh", 60s);
  const auto two = link->run("sleep 60", 60s);
  link->write(one, "echo up\n");
  ASSERT_TRUE(log.came(one, "up\n"));
  host.signal(SIGKILL);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::connection_lost, why.code);
  EXPECT_EQ(ec::connection_lost, log.end(*link, one).why->code);
  EXPECT_EQ(ec::connection_lost, log.end(*link, two).why->code);
  EXPECT_FALSE(log.after_lost());
}

TEST_F(trouble_test, logins_dropped_by_a_busy_sshd_are_tried_again) {
  const loopback_sshd busy{{.config = {"MaxStartups 3:100:3"}}};
  trust(busy);
  transport.emplace(options());
  std::list<heard> logs;
  std::vector<std::unique_ptr<session>> links;
  for (int i = 0; i < 20; ++i)
    links.push_back(
        transport->open(busy.to("n" + std::to_string(i)), logs.emplace_back().sink(), 60s));
  for (auto& one : logs)
    EXPECT_TRUE(one.connected()) << one.why_lost().what;
}

TEST_F(trouble_test, a_port_that_hangs_up_is_not_tried_for_ever) {
  // sshd with MaxStartups 1 and one login hanging drops all others.
  const loopback_sshd full{{.config = {"MaxStartups 1:100:1"}}};
  trust(full);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(full.port());
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(0, ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at));
  char banner[4];
  ASSERT_EQ(4, ::recv(fd, banner, sizeof banner, MSG_WAITALL));
  ASSERT_EQ("SSH-", std::string(banner, sizeof banner));
  transport.emplace(options());
  link = transport->open(full.to(), log.sink(), 30s);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::unreachable, why.code);
  EXPECT_THAT(why.what, HasSubstr("attempts"));
  ::close(fd);
}

// However many are opened at once, and however long the first ones hang.
TEST_F(trouble_test, one_that_has_waited_for_its_turn_has_its_full_time_then) {
  valve silent{host.port(), 0};
  auto how = options();
  how.connects_max = 1;
  transport.emplace(how);
  auto to = host.to("silent");
  to.port = silent.port();
  heard first;
  const auto hangs = transport->open(to, first.sink(), 6s);
  ASSERT_TRUE(silent.is_shut());
  link = transport->open(host.to(), log.sink(), 5s);
  EXPECT_EQ(ec::timed_out, first.why_lost().code);
  EXPECT_TRUE(log.connected()) << describe(log.why_lost());
}

TEST_F(trouble_test, a_session_closed_while_connecting_is_silent) {
  transport.emplace(options());
  for (int i = 0; i < 20; ++i) {
    heard one;
    auto brief = transport->open(host.to(), one.sink(), 20s);
    brief->run("true", 1s);
    if (i % 2 == 0)
      one.wait([](auto& all) { return all.connected; }, milliseconds{i * 5});
    brief.reset();
    const auto events = one.events();
    EXPECT_FALSE(one.wait([&](auto& all) { return all.events != events; }, 5ms));
  }
}

} // namespace baton
