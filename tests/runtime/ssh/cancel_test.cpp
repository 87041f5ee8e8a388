// Whatever a connection is doing and whatever the peer does meanwhile: a cancel is heard within a
// second, and so long at most does it take to let go of all.

#include "tests/runtime/ssh/ssh_test.hpp"
#include "tests/runtime/ssh/valve.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <list>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton {

using testing::HasSubstr;

class cancel_test : public session_test {
protected:
  /// Cancels a run of `link`, then drops the session and the transport.
  void end_within_a_second(channel_id id) {
    const auto asked = std::chrono::steady_clock::now();
    link->cancel(id);
    const auto end = log.end(*link, id);
    ASSERT_TRUE(end.why);
    EXPECT_EQ(ec::cancelled, end.why->code) << describe(*end.why);
    EXPECT_LT(log.ended_at(id) - asked, 1s);
    const auto closing = std::chrono::steady_clock::now();
    link.reset();
    transport.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - closing, 1s);
  }

  template <class Condition>
  static bool soon(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until)
        return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  /// `shell` that has answered once.
  channel_id running_shell() {
    const auto id = link->run("exec /bin/sh", 60s);
    link->write(id, "echo up\n");
    EXPECT_TRUE(log.came(id, "up\n"));
    return id;
  }
};

/// A port whose queue is full: the kernel answers no more, as behind a firewall that drops. Its
/// address is nobody else's: what other tests try in vain on 127.0.0.1 is not counted.
class full_port {
public:
  static constexpr auto address = "127.0.99.1";

  full_port() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at_.sin_family = AF_INET;
    EXPECT_EQ(1, ::inet_pton(AF_INET, address, &at_.sin_addr));
    socklen_t size = sizeof at_;
    EXPECT_EQ(0, ::bind(listener_, reinterpret_cast<const sockaddr*>(&at_), size));
    EXPECT_EQ(0, ::listen(listener_, 0));
    EXPECT_EQ(0, ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at_), &size));
    for (auto& one : callers_) {
      one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(one, reinterpret_cast<const sockaddr*>(&at_), sizeof at_);
    }
  }
  full_port(const full_port&) = delete;
  full_port& operator=(const full_port&) = delete;
  ~full_port() {
    for (const int one : callers_)
      ::close(one);
    ::close(listener_);
  }
  std::uint16_t port() const { return ntohs(at_.sin_port); }

  /// How many try in vain (SYN_SENT) to connect, ours among them.
  int knocking() const {
    char wanted[32];
    std::snprintf(wanted, sizeof wanted, "%08X:%04X 02 ", at_.sin_addr.s_addr, port());
    std::ifstream table{"/proc/net/tcp"};
    int count = 0;
    for (std::string line; std::getline(table, line);)
      count += line.find(wanted) != std::string::npos ? 1 : 0;
    return count;
  }

private:
  int listener_ = -1;
  sockaddr_in at_{};
  std::array<int, 4> callers_{};
};

TEST_F(cancel_test, while_tcp_does_not_connect) {
  const full_port nobody;
  ASSERT_TRUE(soon([&] { return nobody.knocking() > 0; }));
  const auto before = nobody.knocking();
  auto to = host.to();
  to.address = full_port::address;
  to.port = nobody.port();
  transport.emplace(options());
  link = transport->open(to, log.sink(), 60s);
  const auto id = link->run("true", 60s);
  ASSERT_TRUE(soon([&] { return nobody.knocking() > before; }));
  end_within_a_second(id);
  EXPECT_EQ(before, nobody.knocking());
}

TEST_F(cancel_test, a_tcp_connection_that_does_not_come_about_is_given_up_at_the_deadline) {
  const full_port nobody;
  auto to = host.to();
  to.address = full_port::address;
  to.port = nobody.port();
  transport.emplace(options());
  link = transport->open(to, log.sink(), 700ms);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::timed_out, why.code);
  EXPECT_THAT(why.what, HasSubstr("connecting to"));
}

// Before the banner, in it, in each message of the key exchange and of the login, in the opening of
// the channel, in the command's start, and in its output.
TEST_F(cancel_test, wherever_the_servers_words_end) {
  const auto all = bytes_of_a_command();
  ASSERT_GT(all, 1500U);
  constexpr std::size_t places = 24;
  for (std::size_t i = 0; i < places; ++i) {
    // Denser at the end, where the messages are short.
    const auto bytes = i < places / 2 ? i * all / places : all - (places - i) * 48;
    SCOPED_TRACE(std::to_string(bytes) + " of " + std::to_string(all) + " bytes");
    valve between{host.port(), bytes};
    const auto id = run_through(between);
    ASSERT_TRUE(between.is_shut());
    // It may have said all that matters, but for the channel's close.
    if (log.wait([&](auto& heard) { return heard.channels[id].end.has_value(); }, 0ms))
      continue;
    end_within_a_second(id);
  }
}

TEST_F(cancel_test, while_sshd_takes_its_time_over_a_key) {
  const auto seconds = "300." + std::to_string(host.port()); // a word that nobody else uses
  const loopback_sshd slow{{.config = {"AuthorizedKeysCommand /usr/bin/sleep " + seconds,
                                       "AuthorizedKeysCommandUser " + host.user()}}};
  trust(slow);
  write_file(slow.authorized_keys(), ""); // else it does not ask the command
  transport.emplace(options());
  link = transport->open(slow.to(), log.sink(), 60s);
  const auto id = link->run("true", 60s);
  ASSERT_TRUE(soon([&] { return slow.runs(seconds); }));
  end_within_a_second(id);
}

TEST_F(cancel_test, while_a_channel_opens_on_a_stopped_host) {
  connect();
  host.signal(SIGSTOP);
  const auto id = link->run("true", 60s);
  EXPECT_FALSE(log.wait([&](auto& all) { return all.channels[id].end.has_value(); }, 100ms));
  end_within_a_second(id);
  host.signal(SIGCONT);
}

TEST_F(cancel_test, while_much_is_written_to_a_stopped_host) {
  connect();
  const auto id = running_shell();
  host.signal(SIGSTOP);
  link->write(id, std::string(32'000'000, '#'));
  EXPECT_FALSE(log.wait([&](auto& all) { return all.channels[id].end.has_value(); }, 100ms));
  end_within_a_second(id);
  host.signal(SIGCONT);
}

class cancel_behind_a_jump_host_test : public cancel_test {
protected:
  cancel_behind_a_jump_host_test() {
    trust(gate);
    how.hosts["gate"] = gate.to("gate");
    transport.emplace(how);
  }
  endpoint inner(const std::string& name) const {
    auto to = host.to(name);
    to.jump = "gate";
    return to;
  }
  loopback_sshd gate;
  ssh_options how = options();
};

TEST_F(cancel_behind_a_jump_host_test, while_the_jump_host_is_stopped) {
  link = transport->open(inner("one"), log.sink(), 60s);
  const auto id = running_shell();
  gate.signal(SIGSTOP);
  link->write(id, std::string(8'000'000, '#'));
  // A second one that wants through is let go of as well.
  heard second;
  auto waiting = transport->open(inner("two"), second.sink(), 60s);
  const auto other = waiting->run("true", 60s);
  EXPECT_FALSE(second.wait([&](auto& all) { return all.events > 0; }, 100ms));
  const auto asked = std::chrono::steady_clock::now();
  waiting->cancel(other);
  EXPECT_EQ(ec::cancelled, second.end(*waiting, other).why->code);
  EXPECT_LT(second.ended_at(other) - asked, 1s);
  waiting.reset();
  end_within_a_second(id);
  gate.signal(SIGCONT);
}

TEST_F(cancel_behind_a_jump_host_test, while_the_jump_host_itself_does_not_let_us_in) {
  gate.signal(SIGSTOP);
  link = transport->open(inner("one"), log.sink(), 60s);
  const auto id = link->run("true", 60s);
  EXPECT_FALSE(log.wait([&](auto& all) { return all.events > 0; }, 100ms));
  end_within_a_second(id);
  gate.signal(SIGCONT);
}

TEST_F(cancel_behind_a_jump_host_test, while_the_host_behind_it_is_stopped) {
  link = transport->open(inner("one"), log.sink(), 60s);
  const auto id = running_shell();
  host.signal(SIGSTOP);
  link->write(id, std::string(8'000'000, '#'));
  EXPECT_FALSE(log.wait([&](auto& all) { return all.channels[id].end.has_value(); }, 100ms));
  end_within_a_second(id);
  host.signal(SIGCONT);
}

} // namespace baton
