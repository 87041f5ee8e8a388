#include "runtime/ssh/resolve.hpp"
#include "tests/runtime/ssh/ssh_test.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace baton {

using ssh::resolve_endpoint;
using testing::ElementsAre;
using testing::HasSubstr;

using resolve_test = ssh_test;

TEST_F(resolve_test, an_alias_of_the_ssh_config_says_it_all) {
  write_file(config(), "Host box\n HostName 10.1.2.3\n Port 2201\n User deploy\n"
                       " IdentityFile "
                           + folder.path().string()
                           + "/%n-%h-%p-%r\n IdentitiesOnly yes\n"
                             " HostKeyAlias thebox\n ProxyJump jump@gate:2222,inner\n");
  endpoint to;
  to.name = "box";
  const auto got = resolve_endpoint(to, options());
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ("10.1.2.3", got->host);
  EXPECT_EQ(2201, got->port);
  EXPECT_EQ("deploy", got->user);
  EXPECT_THAT(got->identities, ElementsAre(folder.path().string() + "/box-10.1.2.3-2201-deploy"));
  EXPECT_TRUE(got->identities_only);
  EXPECT_EQ("thebox", ssh::known_hosts_name(*got));
  EXPECT_THAT(got->jumps, ElementsAre("jump@gate:2222", "inner"));
  EXPECT_FALSE(got->guessed);
}

TEST_F(resolve_test, what_the_endpoint_says_wins) {
  write_file(config(), "Host *\n HostName 10.1.2.3\n Port 2201\n User deploy\n ProxyJump gate\n");
  endpoint to;
  to.name = "box";
  to.address = "10.9.9.9";
  to.user = "me";
  to.port = 22;
  to.identities = {"~/key"};
  to.jump = "none";
  const auto got = resolve_endpoint(to, options());
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ("me@10.9.9.9:22", ssh::where(*got));
  EXPECT_THAT(got->identities, ElementsAre(testing::EndsWith("/key")));
  EXPECT_THAT(got->identities.at(0), testing::StartsWith("/"));
  EXPECT_TRUE(got->identities_only);
  EXPECT_TRUE(got->jumps.empty());
  EXPECT_EQ("10.9.9.9", ssh::known_hosts_name(*got));
}

TEST_F(resolve_test, environment_variables_in_an_identity_are_expanded) {
  ::setenv("BATON_TEST_KEYS", "/keys", 1);
  write_file(config(), "Host box\n IdentityFile ${BATON_TEST_KEYS}/%%id\n");
  endpoint to;
  to.name = "box";
  const auto got = resolve_endpoint(to, options());
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_THAT(got->identities, ElementsAre("/keys/%id"));
}

TEST_F(resolve_test, the_files_of_known_hosts_come_from_the_config) {
  write_file(config(), "Host box\n UserKnownHostsFile /a/one /a/two\n GlobalKnownHostsFile /g\n");
  auto how = options();
  how.known_hosts.clear();
  endpoint to;
  to.name = "box";
  const auto got = resolve_endpoint(to, how);
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_THAT(got->known_hosts, ElementsAre("/a/one", "/a/two", "/g"));
  EXPECT_EQ("/a/one", got->known_hosts_user);
}

TEST_F(resolve_test, a_name_that_would_be_an_option_is_refused) {
  for (const std::string name : {"-oProxyCommand=touch /tmp/x", "a b", "x\ny", ""}) {
    endpoint to;
    to.name = name;
    const auto got = resolve_endpoint(to, options());
    ASSERT_FALSE(got) << name;
    EXPECT_EQ(ec::config_invalid, got.error().code);
  }
  endpoint to;
  to.name = "box";
  to.user = "-x";
  EXPECT_FALSE(resolve_endpoint(to, options()));
}

TEST_F(resolve_test, without_ssh_full_entries_work_and_names_are_refused_with_that_reason) {
  auto how = options();
  how.ssh_binary = "no-such-ssh-program";
  endpoint to;
  to.name = "box";
  const auto refused = resolve_endpoint(to, how);
  ASSERT_FALSE(refused);
  EXPECT_EQ(ec::config_invalid, refused.error().code);
  EXPECT_EQ("box", refused.error().target);
  EXPECT_THAT(refused.error().what, HasSubstr("without the ssh program"));
  to.address = "10.0.0.1";
  const auto got = resolve_endpoint(to, how);
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ("10.0.0.1", got->host);
  EXPECT_EQ(22, got->port);
}

TEST_F(resolve_test, a_broken_config_is_told_in_the_words_of_ssh) {
  write_file(config(), "Nonsense yes\n");
  endpoint to;
  to.name = "box";
  const auto got = resolve_endpoint(to, options());
  ASSERT_FALSE(got);
  EXPECT_EQ(ec::config_invalid, got.error().code);
  EXPECT_THAT(got.error().what, HasSubstr("onsense"));
}

TEST_F(resolve_test, hops_are_read_in_all_their_forms) {
  ssh_options how;
  how.hosts["gate"].address = "10.0.0.9";
  const auto check = [&](const std::string& text, const std::string& host, const std::string& user,
                         int port) {
    const auto hop = ssh::parse_hop(text, how);
    ASSERT_TRUE(hop) << text;
    EXPECT_EQ(host, hop->ssh);
    EXPECT_EQ(user, hop->user);
    EXPECT_EQ(port, hop->port);
  };
  check("box", "box", "", 0);
  check("me@box:2222", "box", "me", 2222);
  check("ssh://me@box:2222", "box", "me", 2222);
  check("me@[fe80::1]:22", "fe80::1", "me", 22);
  check("fe80::1", "fe80::1", "", 0);
  EXPECT_EQ("10.0.0.9", ssh::parse_hop("gate", how)->address);
  EXPECT_FALSE(ssh::parse_hop("box:port", how));
  EXPECT_FALSE(ssh::parse_hop("me@", how));
}

TEST_F(resolve_test, a_name_that_nobody_knows_is_said_to_be_in_no_config) {
  ssh_transport transport{options()};
  heard log;
  endpoint to;
  to.name = "no-such-host.invalid";
  const auto link = transport.open(to, log.sink(), 20s);
  const auto why = log.why_lost();
  EXPECT_EQ(ec::unreachable, why.code);
  EXPECT_THAT(why.what, HasSubstr("not in your ssh config"));
  EXPECT_THAT(why.what, HasSubstr("set `address`"));
}

TEST_F(resolve_test, a_host_is_reached_by_its_alias_and_known_by_another) {
  const loopback_sshd host;
  write_file(known_hosts(), "thebox " + host.host_key() + '\n');
  write_file(config(), "Host box\n HostName 127.0.0.1\n Port " + std::to_string(host.port())
                           + "\n User " + host.user() + "\n IdentityFile " + host.key()
                           + "\n HostKeyAlias thebox\n");
  ssh_transport transport{options()};
  heard log;
  endpoint to;
  to.name = "box";
  const auto link = transport.open(to, log.sink(), 20s);
  EXPECT_TRUE(log.connected()) << log.why_lost().what;
}

} // namespace baton
