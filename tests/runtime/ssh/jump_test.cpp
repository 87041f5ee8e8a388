#include "runtime/ssh/host_keys.hpp"
#include "tests/runtime/ssh/ssh_test.hpp"

#include <gmock/gmock.h>

#include <list>

#include <signal.h>

namespace baton {

using testing::HasSubstr;

class jump_test : public ssh_test {
protected:
  jump_test() {
    trust(gate);
    trust(inner);
    trust(target);
  }
  static std::string alias(const std::string& name, const loopback_sshd& host,
                           const std::string& more = {}) {
    return "Host " + name + "\n HostName 127.0.0.1\n Port " + std::to_string(host.port())
           + "\n User " + host.user() + "\n IdentityFile " + host.key() + "\n IdentitiesOnly yes\n"
           + more;
  }
  endpoint through(const std::string& jump) const {
    auto to = target.to("target");
    to.jump = jump;
    return to;
  }
  // How many ssh connections a host has accepted.
  static std::size_t logins(const loopback_sshd& host) {
    const auto text = host.log();
    std::size_t count = 0;
    for (auto at = text.find("Accepted publickey"); at != std::string::npos;
         at = text.find("Accepted publickey", at + 1))
      ++count;
    return count;
  }

  loopback_sshd gate;
  loopback_sshd inner;
  loopback_sshd target;
};

TEST_F(jump_test, a_host_behind_a_jump_host_is_used_like_any_other) {
  write_file(config(), alias("gate", gate));
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(through("gate"), log.sink(), 20s);
  ASSERT_TRUE(log.connected()) << describe(log.why_lost());
  const std::string bytes(3'000'000, 'x');
  const auto id = link->run("cat", 60s);
  link->write(id, bytes);
  link->write_end(id);
  EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
  EXPECT_TRUE(bytes == log.out(id));
  EXPECT_EQ(1U, logins(gate));
}

TEST_F(jump_test, two_hops_in_a_row) {
  write_file(config(), alias("gate", gate) + alias("inner", inner));
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(through("gate,inner"), log.sink(), 20s);
  ASSERT_TRUE(log.connected()) << describe(log.why_lost());
  const auto id = link->run("echo far away", 20s);
  EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
  EXPECT_EQ("far away\n", log.out(id));
  EXPECT_EQ(1U, logins(gate));
  EXPECT_EQ(1U, logins(inner));
}

TEST_F(jump_test, the_way_to_a_jump_host_comes_from_its_own_entry) {
  write_file(config(), alias("gate", gate) + alias("inner", inner, " ProxyJump gate\n")
                           + alias("target", target, " ProxyJump inner\n"));
  ssh_transport transport{options()};
  heard log;
  endpoint to;
  to.name = "target";
  const auto link = transport.open(to, log.sink(), 20s);
  ASSERT_TRUE(log.connected()) << describe(log.why_lost());
  EXPECT_EQ(1U, logins(gate));
  EXPECT_EQ(1U, logins(inner));
}

TEST_F(jump_test, a_jump_host_may_be_a_host_of_the_fleet) {
  auto how = options();
  how.hosts["hop"] = gate.to("hop");
  ssh_transport transport{how};
  heard log;
  const auto link = transport.open(through("hop"), log.sink(), 20s);
  ASSERT_TRUE(log.connected()) << describe(log.why_lost());
}

TEST_F(jump_test, many_hosts_share_one_connection_to_the_jump_host) {
  write_file(config(), alias("gate", gate));
  ssh_transport transport{options()};
  std::list<heard> logs;
  std::vector<std::unique_ptr<session>> links;
  for (int i = 0; i < 30; ++i) {
    auto to = through("gate");
    to.name = "n" + std::to_string(i);
    links.push_back(transport.open(to, logs.emplace_back().sink(), 60s));
  }
  for (auto& one : logs)
    EXPECT_TRUE(one.connected()) << describe(one.why_lost());
  EXPECT_EQ(1U, logins(gate));
}

// sshd as it comes drops logins at random when ten are under way. The hosts behind the jump
// host are one sshd here, so it is dropped for all of them at once.
TEST_F(jump_test, sixty_hosts_behind_a_jump_host_are_all_reached_by_sshds_that_drop_logins) {
  constexpr int addresses = 12;
  std::vector<std::string> config{"MaxStartups 10:30:100"};
  const loopback_sshd door{{.config = config}};
  for (int i = 2; i <= addresses; ++i)
    config.push_back("ListenAddress 127.0.0." + std::to_string(i));
  const loopback_sshd rooms{{.config = config}};
  trust(door);
  append(known_hosts(),
         "[127.0.0.*]:" + std::to_string(rooms.port()) + ' ' + rooms.host_key() + '\n');
  // Two identities, of which the second is the right one.
  const auto wrong = (folder / "wrong").string();
  make_key(wrong);
  auto how = options();
  how.hosts["door"] = door.to("door");
  how.hosts["door"].identities.insert(how.hosts["door"].identities.begin(), wrong);
  ssh_transport transport{how};
  std::list<heard> logs;
  std::vector<std::unique_ptr<session>> links;
  std::vector<channel_id> ids;
  for (int i = 0; i < 60; ++i) {
    auto to = rooms.to("n" + std::to_string(i));
    to.address = "127.0.0." + std::to_string(1 + i % addresses);
    to.jump = "door";
    to.identities.insert(to.identities.begin(), wrong);
    links.push_back(transport.open(to, logs.emplace_back().sink(), 120s));
    ids.push_back(links.back()->run("echo here", {}));
  }
  auto log = logs.begin();
  for (std::size_t i = 0; i < links.size(); ++i, ++log) {
    ASSERT_TRUE(log->wait([&](auto& all) { return all.connected || all.lost; }, 120s));
    ASSERT_FALSE(log->lost()) << describe(*log->lost());
    EXPECT_EQ(0, log->end(*links[i], ids[i]).status.value_or(-1));
  }
  EXPECT_EQ(1U, logins(door));
  EXPECT_EQ(60U, logins(rooms));
}

TEST_F(jump_test, a_refused_target_is_told_in_the_words_of_the_jump_host) {
  write_file(config(), alias("gate", gate));
  ssh_transport transport{options()};
  heard log;
  auto to = through("gate");
  to.port = free_port();
  const auto link = transport.open(to, log.sink(), 20s);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::unreachable, why.code);
  EXPECT_EQ("target", why.target);
  EXPECT_THAT(describe(why), HasSubstr("refused"));
}

TEST_F(jump_test, an_unknown_jump_host_is_named) {
  write_file(config(), alias("gate", gate));
  write_file(known_hosts(), target.known_hosts_line() + '\n');
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(through("gate"), log.sink(), 20s);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::host_key_unknown, why.code);
  EXPECT_EQ("target", why.target);
  EXPECT_THAT(describe(why), HasSubstr("baton host trust gate"));
}

TEST_F(jump_test, a_killed_jump_host_takes_along_who_came_through_it_and_can_come_back) {
  write_file(config(), alias("gate", gate));
  ssh_transport transport{options()};
  heard one;
  heard two;
  const auto first = transport.open(through("gate"), one.sink(), 20s);
  const auto second = transport.open(through("gate"), two.sink(), 20s);
  ASSERT_TRUE(one.connected());
  ASSERT_TRUE(two.connected());
  const auto id = first->run("sleep 60", 60s);
  gate.stop();
  EXPECT_EQ(ec::connection_lost, one.why_lost().code);
  EXPECT_EQ(ec::connection_lost, two.why_lost().code);
  EXPECT_THAT(describe(one.why_lost()), HasSubstr("jump host"));
  EXPECT_TRUE(one.end(*first, id).why);
  gate.start();
  heard three;
  const auto again = transport.open(through("gate"), three.sink(), 20s);
  EXPECT_TRUE(three.connected()) << describe(three.why_lost());
}

TEST_F(jump_test, a_stopped_jump_host_is_given_up_at_the_deadline) {
  write_file(config(), alias("gate", gate));
  gate.signal(SIGSTOP);
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(through("gate"), log.sink(), 700ms);
  EXPECT_EQ(ec::timed_out, log.why_lost().code);
  gate.signal(SIGCONT);
}

TEST_F(jump_test, jump_hosts_in_a_circle_are_refused) {
  write_file(config(), alias("gate", gate, " ProxyJump inner\n")
                           + alias("inner", inner, " ProxyJump gate\n"));
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(through("gate"), log.sink(), 20s);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::config_invalid, why.code);
  EXPECT_THAT(describe(why), HasSubstr("circle"));
}

TEST_F(jump_test, the_key_of_a_host_behind_a_jump_host_can_be_looked_at) {
  write_file(config(), alias("gate", gate));
  write_file(known_hosts(), gate.known_hosts_line() + '\n');
  const auto offered = ssh::fetch_host_key(through("gate"), options(), 20s);
  ASSERT_TRUE(offered) << describe(offered.error());
  EXPECT_EQ("[127.0.0.1]:" + std::to_string(target.port()), offered->name);
}

} // namespace baton
