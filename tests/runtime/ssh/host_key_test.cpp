#include "runtime/ssh/host_keys.hpp"
#include "tests/runtime/ssh/ssh_test.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

namespace baton {

using testing::HasSubstr;

class host_key_test : public ssh_test {
protected:
  error refusal() {
    ssh_transport transport{options()};
    heard log;
    const auto link = transport.open(host.to("vps"), log.sink(), 20s);
    EXPECT_FALSE(log.connected());
    return log.why_lost();
  }
  bool accepted() {
    ssh_transport transport{options()};
    heard log;
    const auto link = transport.open(host.to("vps"), log.sink(), 20s);
    const bool good = log.connected();
    EXPECT_TRUE(good) << log.why_lost().what;
    return good;
  }
  std::string here() const { return "[127.0.0.1]:" + std::to_string(host.port()); }

  // As ssh-keygen tells it.
  std::string fingerprint_of(const std::string& public_line) const {
    ssh::known_hosts table;
    table.add("x " + public_line, "x");
    return ssh::fingerprint(table.check("x", {}).known.at(0).key);
  }
  std::string another_key(const std::string& type = "ed25519") const {
    const auto file = (folder / ("other_" + type)).string();
    if (!std::filesystem::exists(file))
      make_key(file, {}, type);
    return read_file(file + ".pub");
  }

  loopback_sshd host;
};

TEST_F(host_key_test, an_unknown_key_is_refused_with_its_fingerprint_and_what_to_do) {
  const auto why = refusal();
  EXPECT_EQ(ec::host_key_unknown, why.code);
  EXPECT_EQ("vps", why.target);
  EXPECT_FALSE(why.retryable);
  EXPECT_THAT(why.what, HasSubstr(fingerprint_of(host.host_key())));
  EXPECT_THAT(why.what, HasSubstr("baton host trust vps"));
}

TEST_F(host_key_test, a_changed_key_is_refused_with_both_fingerprints) {
  write_file(known_hosts(), here() + ' ' + another_key());
  const auto why = refusal();
  EXPECT_EQ(ec::host_key_changed, why.code);
  EXPECT_THAT(why.what, HasSubstr(fingerprint_of(host.host_key())));
  EXPECT_THAT(why.what, HasSubstr(fingerprint_of(another_key())));
  EXPECT_THAT(why.what, HasSubstr(known_hosts() + ":1"));
}

TEST_F(host_key_test, a_key_of_another_type_is_refused_with_both_fingerprints) {
  write_file(known_hosts(), here() + ' ' + another_key("ecdsa"));
  const auto why = refusal();
  EXPECT_EQ(ec::host_key_changed, why.code);
  EXPECT_THAT(why.what, HasSubstr("another type"));
  EXPECT_THAT(why.what, HasSubstr(fingerprint_of(host.host_key())));
  EXPECT_THAT(why.what, HasSubstr(fingerprint_of(another_key("ecdsa"))));
}

TEST_F(host_key_test, a_revoked_key_is_refused_though_it_is_known) {
  write_file(known_hosts(), host.known_hosts_line() + "\n@revoked * " + host.host_key() + '\n');
  const auto why = refusal();
  EXPECT_EQ(ec::host_key_changed, why.code);
  EXPECT_THAT(why.what, HasSubstr("revoked"));
  EXPECT_THAT(why.what, HasSubstr(":2"));
}

TEST_F(host_key_test, a_certificate_authority_is_not_a_host_key) {
  write_file(known_hosts(), "@cert-authority " + here() + ' ' + host.host_key() + '\n');
  EXPECT_EQ(ec::host_key_unknown, refusal().code);
}

TEST_F(host_key_test, an_entry_without_the_port_is_not_this_host) {
  write_file(known_hosts(), "127.0.0.1 " + host.host_key() + '\n');
  EXPECT_EQ(ec::host_key_unknown, refusal().code);
}

TEST_F(host_key_test, a_file_that_cannot_be_read_says_nothing) {
  std::filesystem::remove(known_hosts());
  EXPECT_EQ(ec::host_key_unknown, refusal().code);
  std::filesystem::create_directory(known_hosts());
  EXPECT_EQ(ec::host_key_unknown, refusal().code);
}

TEST_F(host_key_test, a_hashed_entry_is_found) {
  write_file(known_hosts(), host.known_hosts_line() + '\n');
  must_run({"ssh-keygen", "-q", "-H", "-f", known_hosts()});
  ASSERT_THAT(read_file(known_hosts()), HasSubstr("|1|"));
  EXPECT_TRUE(accepted());
}

TEST_F(host_key_test, patterns_and_their_negation_count) {
  write_file(known_hosts(), "[127.0.0.*]:*,!" + here() + ' ' + host.host_key() + '\n');
  EXPECT_EQ(ec::host_key_unknown, refusal().code);
  write_file(known_hosts(), "[127.0.?.1]:* " + host.host_key() + '\n');
  EXPECT_TRUE(accepted());
}

TEST_F(host_key_test, a_host_with_several_keys_is_asked_for_the_known_one) {
  const auto rsa = (folder / "rsa").string();
  make_key(rsa, {}, "rsa");
  const loopback_sshd both{{.config = {"HostKey " + rsa}}};
  const auto line = read_file(rsa + ".pub");
  write_file(known_hosts(), "[127.0.0.1]:" + std::to_string(both.port()) + ' ' + line);
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(both.to(), log.sink(), 20s);
  EXPECT_TRUE(log.connected()) << log.why_lost().what;
}

TEST_F(host_key_test, a_key_that_was_looked_at_and_trusted_lets_us_in) {
  write_file(known_hosts(), "# no line end here");
  const auto offered = ssh::fetch_host_key(host.to("vps"), options(), 20s);
  ASSERT_TRUE(offered) << offered.error().what;
  EXPECT_EQ(fingerprint_of(host.host_key()), offered->fingerprint);
  EXPECT_EQ("ssh-ed25519", offered->key.type);
  EXPECT_EQ(ssh::key_verdict::unknown, offered->found.verdict);
  EXPECT_EQ(ec::host_key_unknown, refusal().code);
  ASSERT_TRUE(ssh::trust_host_key(*offered));
  EXPECT_EQ("# no line end here\n" + host.known_hosts_line() + '\n', read_file(known_hosts()));
  EXPECT_TRUE(accepted());
  ASSERT_TRUE(ssh::trust_host_key(*offered));
  EXPECT_EQ("# no line end here\n" + host.known_hosts_line() + '\n', read_file(known_hosts()));
}

TEST_F(host_key_test, a_trusted_key_is_written_hashed_when_the_config_wants_that) {
  std::filesystem::remove(known_hosts());
  write_file(config(), "Host *\n HashKnownHosts yes\n");
  const auto offered = ssh::fetch_host_key(host.to("vps"), options(), 20s);
  ASSERT_TRUE(offered) << offered.error().what;
  ASSERT_TRUE(ssh::trust_host_key(*offered));
  EXPECT_THAT(read_file(known_hosts()), testing::StartsWith("|1|"));
  struct stat about {};
  ASSERT_EQ(0, ::stat(known_hosts().c_str(), &about));
  EXPECT_EQ(0600U, about.st_mode & 0777U);
  EXPECT_TRUE(accepted());
  // ssh finds it too.
  must_run({"ssh-keygen", "-F", here(), "-f", known_hosts()});
}

TEST_F(host_key_test, looking_at_the_key_of_nobody_says_so) {
  auto to = host.to();
  to.port = free_port();
  const auto offered = ssh::fetch_host_key(to, options(), 20s);
  ASSERT_FALSE(offered);
  EXPECT_EQ(ec::unreachable, offered.error().code);
}

TEST_F(host_key_test, a_file_that_changes_is_read_anew) {
  ssh_transport transport{options()};
  heard first;
  const auto refused = transport.open(host.to(), first.sink(), 20s);
  EXPECT_EQ(ec::host_key_unknown, first.why_lost().code);
  trust(host);
  heard second;
  const auto taken = transport.open(host.to(), second.sink(), 20s);
  EXPECT_TRUE(second.connected()) << second.why_lost().what;
}

} // namespace baton
