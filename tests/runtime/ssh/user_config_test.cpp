// What the user's own ssh config says, taken at its word: whoever gets in with ssh gets in here.

#include "runtime/ssh/host_keys.hpp"
#include "runtime/ssh/resolve.hpp"
#include "tests/runtime/ssh/ssh_test.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include <sys/socket.h>
#include <sys/stat.h>

namespace baton {

using testing::HasSubstr;
using testing::Not;

class user_config_test : public ssh_test {
protected:
  // Nothing but the ssh config says how to reach `box`.
  static endpoint box() {
    endpoint to;
    to.name = "box";
    return to;
  }
  void configure(const loopback_sshd& to, const std::string& more,
                 const std::string& address = "127.0.0.1") {
    write_file(config(), "Host box\n HostName " + address + "\n Port " + std::to_string(to.port())
                             + "\n User " + to.user() + "\n IdentityFile " + to.key() + "\n"
                             + more);
  }
  ssh_options as_configured() const {
    auto how = options();
    how.known_hosts.clear();
    return how;
  }
  /// Null when a command ran there.
  static std::optional<error> enter(const ssh_options& how, const endpoint& to = box()) {
    ssh_transport transport{how};
    heard log;
    const auto link = transport.open(to, log.sink(), 20s);
    if (!log.connected())
      return log.why_lost();
    const auto id = link->run("true", 10s);
    EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
    return {};
  }
  std::string known_in(const std::string& name, const std::string& line) const {
    const auto file = (folder / name).string();
    write_file(file, line + '\n');
    return file;
  }

  loopback_sshd host;
};

TEST_F(user_config_test, the_second_of_two_known_hosts_files_is_read_as_well) {
  const auto first = (folder / "first").string();
  const auto second = known_in("second", host.known_hosts_line());
  configure(host, " UserKnownHostsFile " + first + ' ' + second + "\n GlobalKnownHostsFile none\n");
  EXPECT_FALSE(enter(as_configured()));
  // What is trusted anew goes to the first, as with ssh.
  const auto offered = ssh::fetch_host_key(box(), as_configured(), 20s);
  ASSERT_TRUE(offered) << describe(offered.error());
  EXPECT_EQ(first, offered->file);
}

TEST_F(user_config_test, a_key_is_never_taken_unseen_whatever_strict_host_key_checking_says) {
  for (const std::string how : {"accept-new", "no"}) {
    configure(host, " StrictHostKeyChecking " + how + '\n');
    const auto why = enter(options());
    ASSERT_TRUE(why);
    EXPECT_EQ(ec::host_key_unknown, why->code);
    EXPECT_THAT(why->what, HasSubstr("StrictHostKeyChecking"));
    EXPECT_EQ("", read_file(known_hosts()));
  }
}

TEST_F(user_config_test, an_authority_for_host_keys_is_named_and_not_followed) {
  trust(host);
  write_file(known_hosts(), "@cert-authority * " + host.host_key() + '\n');
  configure(host, "");
  const auto why = enter(options());
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::host_key_unknown, why->code);
  EXPECT_THAT(why->what, HasSubstr("@cert-authority of " + known_hosts() + ":1"));
}

TEST_F(user_config_test, a_host_key_that_the_config_revokes_is_refused) {
  trust(host);
  const auto revoked = known_in("revoked", "# lost in May\n\n" + host.host_key());
  configure(host, " RevokedHostKeys " + revoked + '\n');
  const auto why = enter(options());
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::host_key_changed, why->code);
  EXPECT_THAT(why->what, HasSubstr(revoked + ":3"));
  write_file(revoked, "");
  EXPECT_FALSE(enter(options()));
}

TEST_F(user_config_test, revoked_host_keys_that_cannot_be_read_let_nobody_in) {
  trust(host);
  configure(host, " RevokedHostKeys " + (folder / "nothing").string() + '\n');
  EXPECT_EQ(ec::config_invalid, enter(options()).value_or(error{}).code);
  const auto krl = (folder / "krl").string();
  must_run({"ssh-keygen", "-q", "-k", "-f", krl, host.host_key_file() + ".pub"});
  configure(host, " RevokedHostKeys " + krl + '\n');
  const auto why = enter(options());
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::config_invalid, why->code);
  EXPECT_THAT(why->what, HasSubstr("a file of public keys"));
}

TEST_F(user_config_test, included_files_and_conditions_count) {
  trust(host);
  configure(host, "");
  const auto other = (folder / "other").string();
  write_file(other, read_file(config()));
  const auto flag = (folder / "flag").string();
  write_file(config(), "Match host box exec \"test -e " + flag + "\"\n Include " + other + '\n');
  EXPECT_TRUE(enter(options()));
  write_file(flag, "");
  EXPECT_FALSE(enter(options()));
}

TEST_F(user_config_test, the_agent_of_the_config_is_asked_and_none_is_none) {
  trust(host);
  const loopback_agent agent;
  agent.add(host.key());
  auto how = options();
  how.agent_socket.clear();
  const auto entry = [&](const std::string& which) {
    configure(host, "");
    auto text = read_file(config());
    text.erase(text.find(" IdentityFile"));
    write_file(config(), text + " IdentityFile none\n IdentityAgent " + which + '\n');
  };
  entry(agent.socket());
  EXPECT_FALSE(enter(how));
  ::setenv("BATON_TEST_AGENT", agent.socket().c_str(), 1);
  entry("$BATON_TEST_AGENT");
  EXPECT_FALSE(enter(how));
  ::setenv("SSH_AUTH_SOCK", agent.socket().c_str(), 1);
  entry("none");
  EXPECT_EQ(ec::auth_failed, enter(how).value_or(error{}).code);
  entry("SSH_AUTH_SOCK");
  EXPECT_FALSE(enter(how));
  ::unsetenv("SSH_AUTH_SOCK");
}

TEST_F(user_config_test, a_key_that_others_may_read_is_refused_as_ssh_does) {
  trust(host);
  configure(host, "");
  ASSERT_EQ(0, ::chmod(host.key().c_str(), 0640));
  const auto why = enter(options());
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_THAT(why->what, HasSubstr("chmod 600 " + host.key()));
  // An agent may have it all the same.
  const loopback_agent agent;
  ASSERT_EQ(0, ::chmod(host.key().c_str(), 0600));
  agent.add(host.key());
  ASSERT_EQ(0, ::chmod(host.key().c_str(), 0640));
  auto how = options();
  how.agent_socket = agent.socket();
  EXPECT_FALSE(enter(how));
  configure(host, " IdentitiesOnly yes\n");
  EXPECT_FALSE(enter(how));
}

TEST_F(user_config_test, it_comes_from_the_address_that_the_config_binds) {
  trust(host);
  configure(host, " BindAddress 127.0.0.9\n");
  EXPECT_FALSE(enter(options()));
  EXPECT_THAT(host.log(), HasSubstr("Connection from 127.0.0.9"));
  configure(host, " BindAddress 192.0.2.1\n");
  const auto not_ours = enter(options());
  ASSERT_TRUE(not_ours);
  EXPECT_EQ(ec::unreachable, not_ours->code);
  EXPECT_THAT(not_ours->what, HasSubstr("BindAddress 192.0.2.1"));
  configure(host, " BindAddress ::1\n");
  EXPECT_THAT(enter(options()).value_or(error{}).what, HasSubstr("BindAddress ::1"));
  configure(host, " BindInterface lo\n");
  const auto refused = enter(options());
  ASSERT_TRUE(refused);
  EXPECT_EQ(ec::config_invalid, refused->code);
  EXPECT_THAT(refused->what, HasSubstr("BindInterface"));
  EXPECT_THAT(refused->what, HasSubstr("BindAddress"));
}

class ipv6_test : public user_config_test {
protected:
  void SetUp() override {
    const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
      GTEST_SKIP() << "this machine has no IPv6";
    ::close(fd);
    both.emplace(loopback_sshd::setup{.config = {"ListenAddress ::1"}});
    append(known_hosts(), "[::1]:" + std::to_string(both->port()) + ' ' + both->host_key() + '\n');
  }
  std::optional<loopback_sshd> both;
};

TEST_F(ipv6_test, a_literal_address_is_reached_and_known) {
  configure(*both, "", "::1");
  EXPECT_FALSE(enter(options()));
  auto to = both->to("six");
  to.address = "::1";
  EXPECT_FALSE(enter(options(), to));
  write_file(known_hosts(), "");
  const auto why = enter(options(), to);
  ASSERT_TRUE(why);
  EXPECT_THAT(why->what, HasSubstr("@[::1]:" + std::to_string(both->port())));
}

TEST_F(ipv6_test, only_the_address_family_of_the_config_is_tried) {
  append(known_hosts(),
         "[localhost]:" + std::to_string(both->port()) + ' ' + both->host_key() + '\n');
  configure(*both, " AddressFamily inet\n", "localhost");
  EXPECT_FALSE(enter(options()));
  EXPECT_THAT(both->log(), HasSubstr("Connection from 127.0.0.1"));
  EXPECT_THAT(both->log(), Not(HasSubstr("Connection from ::1")));
  configure(*both, " AddressFamily inet6\n", "localhost");
  if (const auto why = enter(options()))
    EXPECT_THAT(why->what, HasSubstr("cannot look up")); // localhost may be IPv4 only
  else
    EXPECT_THAT(both->log(), HasSubstr("Connection from ::1"));
}

/// An sshd that knows no user's key, only an authority for them.
class certificate_test : public user_config_test {
protected:
  certificate_test() {
    trust(strict);
    write_file(strict.authorized_keys(), "");
  }
  std::string key(const std::string& type = "ed25519", const std::string& passphrase = {}) const {
    const auto file = (folder / ("id_" + type)).string();
    make_key(file, passphrase, type);
    return file;
  }
  /// Makes FILE-cert.pub.
  std::string certify(const std::string& file, const std::string& validity = "-1m:+1h") const {
    must_run({"ssh-keygen", "-q", "-s", authority, "-I", "test", "-n", strict.user(), "-V",
              validity, file + ".pub"});
    return file + "-cert.pub";
  }
  void use(const std::string& file, const std::string& more = {}) {
    configure(strict, more);
    auto text = read_file(config());
    const auto at = text.find(strict.key());
    write_file(config(), text.replace(at, strict.key().size(), file));
  }

  std::string authority = [this] {
    const auto file = (folder / "authority").string();
    make_key(file);
    return file;
  }();
  loopback_sshd strict{{.config = {"TrustedUserCAKeys " + authority + ".pub"}}};
};

TEST_F(certificate_test, the_certificate_beside_a_key_lets_us_in) {
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    const auto file = key(type);
    use(file);
    const auto without = enter(options());
    ASSERT_TRUE(without) << type;
    EXPECT_EQ(ec::auth_failed, without->code);
    certify(file);
    EXPECT_FALSE(enter(options())) << type << ": " << enter(options())->what;
  }
}

TEST_F(certificate_test, the_certificate_file_of_the_config_lets_us_in) {
  const auto file = key();
  const auto moved = (folder / "signed.pub").string();
  std::filesystem::rename(certify(file), moved);
  const auto other = (folder / "other").string();
  make_key(other);
  use(file, " CertificateFile " + certify(other) + "\n CertificateFile " + moved + '\n');
  EXPECT_FALSE(enter(options()));
}

TEST_F(certificate_test, a_certificate_that_is_refused_is_named) {
  const auto file = key();
  const auto expired = certify(file, "-2h:-1h");
  use(file);
  const auto why = enter(options());
  ASSERT_TRUE(why);
  EXPECT_EQ(ec::auth_failed, why->code);
  EXPECT_THAT(why->what, HasSubstr(file + " with " + expired + " (refused)"));
}

TEST_F(certificate_test, a_certificate_in_the_agent_lets_us_in) {
  const auto file = key();
  certify(file);
  const loopback_agent agent;
  agent.add(file); // takes the certificate along
  auto how = options();
  how.agent_socket = agent.socket();
  configure(strict, " IdentityAgent " + agent.socket() + '\n');
  EXPECT_FALSE(enter(how));
}

TEST_F(certificate_test, an_encrypted_key_in_the_agent_and_a_certificate_on_disk_let_us_in) {
  const auto file = key("ed25519", "secret");
  const loopback_agent agent;
  agent.add(file, "secret"); // without the certificate: there is none yet
  certify(file);
  use(file, " IdentitiesOnly yes\n");
  auto how = options();
  how.agent_socket = agent.socket();
  EXPECT_FALSE(enter(how));
}

} // namespace baton
