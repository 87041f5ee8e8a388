#include "runtime/ssh/resolve.hpp"
#include "tests/runtime/ssh/ssh_test.hpp"

#include <gmock/gmock.h>

#include <thread>

#include <signal.h>
#include <sys/stat.h>

namespace baton {

using testing::HasSubstr;
using testing::Not;

class proxy_command_test : public ssh_test {
protected:
  proxy_command_test() { trust(host); }

  void command(const std::string& line, const std::string& more = {}) const {
    write_file(config(), "Host box\n HostName 127.0.0.1\n Port " + std::to_string(host.port())
                             + "\n User " + host.user() + "\n IdentityFile " + host.key()
                             + "\n ProxyCommand " + line + '\n' + more);
  }
  static endpoint box() {
    endpoint to;
    to.name = "box";
    return to;
  }
  /// A script that notes its pid before it goes on.
  std::string script(const std::string& text) const {
    const auto file = (folder / "proxy").string();
    write_file(file, "#!/bin/sh\necho $$ >>" + pids() + '\n' + text + '\n');
    ::chmod(file.c_str(), 0700);
    return file;
  }
  std::string pids() const { return (folder / "pids").string(); }

  /// Whether all that were started are gone, soon.
  bool all_are_gone() const {
    const auto until = std::chrono::steady_clock::now() + 10s;
    std::istringstream lines{read_file(pids())};
    int count = 0;
    for (pid_t pid = 0; lines >> pid; ++count)
      while (::kill(pid, 0) == 0) {
        if (std::chrono::steady_clock::now() > until)
          return false;
        std::this_thread::sleep_for(5ms);
      }
    return count > 0;
  }

  loopback_sshd host;
};

TEST_F(proxy_command_test, a_host_behind_one_is_used_like_any_other) {
  const loopback_sshd gate;
  const auto line = script("exec ssh -F " + config()
                           + " -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="
                           + known_hosts() + " -W \"$1:$2\" gate");
  trust(gate);
  command(line + " %h %p", "Host gate\n HostName 127.0.0.1\n Port " + std::to_string(gate.port())
                               + "\n User " + gate.user() + "\n IdentityFile " + gate.key() + '\n');
  {
    ssh_transport transport{options()};
    heard log;
    const auto link = transport.open(box(), log.sink(), 20s);
    ASSERT_TRUE(log.connected()) << describe(log.why_lost());
    const std::string bytes(3'000'000, 'x');
    const auto id = link->run("cat", 60s);
    link->write(id, bytes);
    link->write_end(id);
    EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
    EXPECT_TRUE(bytes == log.out(id));
  }
  EXPECT_TRUE(all_are_gone());
  EXPECT_THAT(gate.log(), HasSubstr("Accepted publickey"));
}

TEST_F(proxy_command_test, one_that_fails_is_told_in_its_own_words) {
  command("echo no way to %n >&2; exit 1");
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(box(), log.sink(), 20s);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::unreachable, why.code);
  EXPECT_EQ("box", why.target);
  EXPECT_THAT(describe(why), HasSubstr("its ProxyCommand says"));
  EXPECT_THAT(describe(why), HasSubstr("no way to box"));
}

TEST_F(proxy_command_test, one_that_says_nothing_is_given_up_at_the_deadline_and_killed) {
  command(script("trap '' HUP TERM PIPE; sleep 600"));
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(box(), log.sink(), 1s);
  EXPECT_EQ(ec::timed_out, log.why_lost().code);
  EXPECT_TRUE(all_are_gone());
}

TEST_F(proxy_command_test, one_is_killed_with_the_transport_in_its_first_moments) {
  command(script("sleep 600"));
  for (int i = 0; i < 5; ++i) {
    ssh_transport transport{options()};
    heard log;
    const auto link = transport.open(box(), log.sink(), 20s);
    EXPECT_FALSE(log.wait([](auto& all) { return all.events > 0; }, milliseconds{i * 20}));
  }
  write_file(pids(), read_file(pids()) + "999999999\n"); // there may be none
  EXPECT_TRUE(all_are_gone());
}

TEST_F(proxy_command_test, one_that_complains_without_end_is_not_held_up_by_that) {
  command(script("head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; echo the last word >&2"));
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(box(), log.sink(), 20s);
  const auto why = log.why_lost();
  EXPECT_THAT(describe(why), HasSubstr("the last word"));
  EXPECT_LT(describe(why).size(), 5000U);
}

TEST_F(proxy_command_test, what_a_shell_would_read_more_in_is_not_put_into_it) {
  command("nc %h %p");
  auto to = box();
  for (const std::string name : {"$(id)", "a;id", "a|id", "`id`", "a&id", "a>b", "'a"}) {
    to.address = name;
    const auto got = ssh::resolve_endpoint(to, options());
    ASSERT_FALSE(got) << name;
    EXPECT_EQ(ec::config_invalid, got.error().code);
    EXPECT_THAT(got.error().what, HasSubstr("ProxyCommand"));
  }
  to.address = "10.0.0.1";
  to.user = "$(id)";
  EXPECT_FALSE(ssh::resolve_endpoint(to, options()));
  to.user = "me";
  const auto fine = ssh::resolve_endpoint(to, options());
  ASSERT_TRUE(fine) << fine.error().what;
  EXPECT_EQ("nc 10.0.0.1 " + std::to_string(host.port()), fine->proxy_command);
}

TEST_F(proxy_command_test, tokens_are_those_of_ssh) {
  command("p %h %n %p %r 100%% sure");
  const auto got = ssh::resolve_endpoint(box(), options());
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ("p 127.0.0.1 box " + std::to_string(host.port()) + ' ' + host.user() + " 100% sure",
            got->proxy_command);
}

TEST_F(proxy_command_test, a_jump_of_the_endpoint_or_none_takes_its_place) {
  command("false");
  auto to = box();
  to.jump = "none";
  const auto direct = ssh::resolve_endpoint(to, options());
  ASSERT_TRUE(direct) << direct.error().what;
  EXPECT_EQ("", direct->proxy_command);
  to.jump = "gate";
  EXPECT_EQ("", ssh::resolve_endpoint(to, options())->proxy_command);
}

TEST_F(proxy_command_test, passing_a_descriptor_is_refused_with_the_way_out) {
  command("x", " ProxyUseFdpass yes\n");
  const auto got = ssh::resolve_endpoint(box(), options());
  ASSERT_FALSE(got);
  EXPECT_EQ(ec::config_invalid, got.error().code);
  EXPECT_THAT(got.error().what, HasSubstr("ProxyUseFdpass"));
}

} // namespace baton
