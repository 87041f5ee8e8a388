#include "tests/runtime/ssh/held_agent.hpp"
#include "tests/runtime/ssh/ssh_test.hpp"

#include <gmock/gmock.h>

#include <signal.h>

namespace baton {

using testing::HasSubstr;
using testing::Not;

class auth_test : public ssh_test {
protected:
  auth_test() { trust(host); }

  /// Tries to get in; null when it worked.
  std::optional<error> enter(const endpoint& to, const ssh_options& how,
                             milliseconds deadline = 20s) {
    ssh_transport transport{how};
    heard log;
    const auto link = transport.open(to, log.sink(), deadline);
    if (!log.connected())
      return log.why_lost();
    const auto id = link->run("echo in", 10s);
    EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
    return {};
  }
  ssh_options with(const loopback_agent& agent) const {
    auto how = options();
    how.agent_socket = agent.socket();
    return how;
  }
  endpoint without_identities() const {
    auto to = host.to();
    to.identities.clear();
    return to;
  }
  std::string some_key(const std::string& name, const std::string& passphrase = {}) const {
    const auto file = (folder / name).string();
    make_key(file, passphrase);
    return file;
  }

  loopback_sshd host;
};

TEST_F(auth_test, the_right_one_of_several_files_is_found) {
  auto to = host.to();
  to.identities = {some_key("wrong"), host.key()};
  EXPECT_FALSE(enter(to, options()));
}

TEST_F(auth_test, files_that_are_all_refused_are_listed) {
  auto to = host.to("vps");
  to.identities = {some_key("one"), some_key("two"), (folder / "nothing").string()};
  const auto why = enter(to, options());
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_EQ("vps", why->target);
  EXPECT_FALSE(why->retryable);
  EXPECT_THAT(why->what, HasSubstr((folder / "one").string() + " (refused)"));
  EXPECT_THAT(why->what, HasSubstr((folder / "two").string() + " (refused)"));
  EXPECT_THAT(why->what, HasSubstr((folder / "nothing").string() + " does not exist"));
}

TEST_F(auth_test, an_encrypted_file_without_an_agent_is_named) {
  auto to = host.to();
  to.identities = {some_key("locked", "secret")};
  const auto why = enter(to, options());
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_THAT(why->what, HasSubstr((folder / "locked").string() + " is encrypted"));
  EXPECT_THAT(why->what, Not(HasSubstr("secret")));
}

TEST_F(auth_test, an_encrypted_pem_file_asks_nobody) {
  const auto file = (folder / "pem").string();
  must_run({"ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "secret", "-f", file});
  auto to = host.to();
  to.identities = {file};
  const auto why = enter(to, options());
  ASSERT_TRUE(why);
  EXPECT_THAT(why->what, HasSubstr("is encrypted"));
}

TEST_F(auth_test, what_is_no_key_is_said_to_be_none) {
  write_file(folder / "text", "not a key\n");
  auto to = host.to();
  to.identities = {(folder / "text").string(), "/dev/zero"};
  const auto why = enter(to, options());
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_THAT(why->what, HasSubstr("not a private key"));
  EXPECT_THAT(why->what, HasSubstr("not a key file"));
}

TEST_F(auth_test, an_agent_lets_us_in) {
  const loopback_agent agent;
  agent.add(host.key());
  EXPECT_FALSE(enter(without_identities(), with(agent)));
}

TEST_F(auth_test, rsa_and_ecdsa_keys_of_an_agent_let_us_in) {
  for (const std::string type : {"rsa", "ecdsa"}) {
    const auto file = (folder / type).string();
    make_key(file, {}, type);
    const loopback_agent agent;
    agent.add(file);
    write_file(host.authorized_keys(), read_file(file + ".pub"));
    EXPECT_FALSE(enter(without_identities(), with(agent))) << type;
    auto to = host.to();
    to.identities = {file};
    EXPECT_FALSE(enter(to, options())) << type;
  }
}

TEST_F(auth_test, an_encrypted_file_that_the_agent_holds_is_used_first) {
  const loopback_agent agent;
  for (int i = 0; i < 7; ++i)
    agent.add(some_key("other" + std::to_string(i)));
  const auto locked = some_key("locked", "secret");
  agent.add(locked, "secret");
  write_file(host.authorized_keys(), read_file(locked + ".pub"));
  auto to = host.to();
  to.identities = {locked};
  EXPECT_FALSE(enter(to, with(agent)));
}

TEST_F(auth_test, the_public_half_of_a_file_picks_a_key_of_the_agent) {
  const loopback_agent agent;
  for (int i = 0; i < 7; ++i)
    agent.add(some_key("other" + std::to_string(i)));
  agent.add(host.key());
  write_file(folder / "chosen.pub", host.public_key());
  write_file(config(), "Host *\n IdentityFile " + (folder / "chosen").string() + '\n');
  EXPECT_FALSE(enter(without_identities(), with(agent)));
}

TEST_F(auth_test, too_many_keys_end_in_a_clear_error) {
  const loopback_agent agent;
  for (int i = 0; i < 7; ++i)
    agent.add(some_key("other" + std::to_string(i)));
  agent.add(host.key());
  const auto why = enter(without_identities(), with(agent));
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_THAT(why->what, HasSubstr("agent key SHA256:"));
  EXPECT_THAT(why->what, HasSubstr("identities"));
}

TEST_F(auth_test, identities_only_leaves_the_other_keys_of_the_agent_alone) {
  const loopback_agent agent;
  agent.add(host.key());
  write_file(config(), "Host *\n IdentitiesOnly yes\n IdentityFile " + some_key("mine") + '\n');
  const auto why = enter(without_identities(), with(agent));
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_THAT(why->what, Not(HasSubstr("agent")));
}

TEST_F(auth_test, a_stopped_agent_is_not_waited_for_by_those_who_do_not_need_it) {
  const loopback_agent agent;
  agent.add(host.key());
  agent.signal(SIGSTOP);
  auto how = with(agent);
  how.agent_deadline = 60s;
  ssh_transport transport{how};
  heard needs;
  heard does_not;
  const auto waiting = transport.open(without_identities(), needs.sink(), 1500ms);
  const auto begun = std::chrono::steady_clock::now();
  const auto free = transport.open(host.to(), does_not.sink(), 20s);
  EXPECT_TRUE(does_not.connected());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1400ms);
  EXPECT_EQ(ec::timed_out, needs.why_lost().code);
  agent.signal(SIGCONT);
}

// A key that wants to be touched, or confirmed by a person.
TEST_F(auth_test, an_agent_that_takes_its_time_to_sign_is_waited_for_by_those_who_need_it_alone) {
  const loopback_agent agent;
  agent.add(host.key());
  held_agent held{agent.socket()};
  auto how = options();
  how.agent_socket = held.socket();
  how.agent_deadline = 300ms; // for its list of keys only
  ssh_transport transport{how};
  heard patient;
  heard hasty;
  heard free;
  const auto first = transport.open(without_identities(), patient.sink(), 60s);
  ASSERT_TRUE(held.is_asked());
  const auto second = transport.open(without_identities(), hasty.sink(), 1s);
  const auto third = transport.open(host.to(), free.sink(), 20s);
  EXPECT_TRUE(free.connected());
  const auto given_up = hasty.why_lost();
  EXPECT_EQ(ec::timed_out, given_up.code);
  EXPECT_THAT(given_up.what, HasSubstr("ssh agent"));
  EXPECT_EQ(0U, patient.events());
  held.let_go();
  EXPECT_TRUE(patient.connected()) << describe(patient.why_lost());
}

TEST_F(auth_test, an_agent_that_gives_no_answer_is_named) {
  const loopback_agent agent;
  agent.add(host.key());
  agent.signal(SIGSTOP);
  auto how = with(agent);
  how.agent_deadline = 300ms;
  const auto why = enter(without_identities(), how);
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_THAT(why->what, HasSubstr(agent.socket()));
  EXPECT_THAT(why->what, HasSubstr("no answer in time"));
  agent.signal(SIGCONT);
}

TEST_F(auth_test, an_agent_that_is_not_there_is_named) {
  auto how = options();
  how.agent_socket = (folder / "nobody").string();
  const auto why = enter(without_identities(), how);
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_THAT(why->what, HasSubstr("cannot be reached"));
}

} // namespace baton
