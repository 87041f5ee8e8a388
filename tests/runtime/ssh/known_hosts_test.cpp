#include "runtime/ssh/encoding.hpp"
#include "runtime/ssh/known_hosts.hpp"
#include "runtime/ssh/sha1.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace baton::ssh {

namespace {

std::string hex(const sha1_digest& digest) {
  std::string text;
  for (const auto byte : digest) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", byte);
    text += two;
  }
  return text;
}

host_key key(const std::string& type, const std::string& body) {
  std::string blob;
  put_string(blob, type);
  put_string(blob, body);
  return {type, blob};
}

std::string line(const std::string& hosts, const host_key& one) {
  return hosts + ' ' + one.type + ' ' + to_base64(one.blob) + " comment\n";
}

const auto a = key("ssh-ed25519", "aaaa");
const auto b = key("ssh-ed25519", "bbbb");
const auto r = key("ssh-rsa", "rrrr");

} // namespace

TEST(sha1_test, digests_are_those_of_the_standard) {
  EXPECT_EQ("a9993e364706816aba3e25717850c26c9cd0d89d", hex(sha1("abc")));
  EXPECT_EQ("da39a3ee5e6b4b0d3255bfef95601890afd80709", hex(sha1("")));
  EXPECT_EQ("34aa973cd4c4daa4f61eeb2bdbad27316534016f", hex(sha1(std::string(1'000'000, 'a'))));
  EXPECT_EQ("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            hex(hmac_sha1("Jefe", "what do ya want for nothing?")));
  EXPECT_EQ("aa4ae5e15272d00e95705637ce8a3b55ed402112",
            hex(hmac_sha1(std::string(80, '\xaa'),
                          "Test Using Larger Than Block-Size Key - Hash Key First")));
}

TEST(known_hosts_test, verdicts) {
  known_hosts table;
  table.add("# a comment\n\n" + line("one,two", a) + line("two", r) + "three ssh-ed25519 !!!\n"
                + "four\n" + line("*.net,!bad.net", b) + "@revoked "
                + line("*", key("ssh-rsa", "evil")) + "@cert-authority " + line("five", a)
                + "@unknown " + line("five", a),
            "file");
  EXPECT_EQ(key_verdict::known, table.check("one", a).verdict);
  EXPECT_EQ(key_verdict::known, table.check("ONE", a).verdict);
  EXPECT_EQ(key_verdict::changed, table.check("one", b).verdict);
  EXPECT_EQ("file:3", table.check("one", b).known.at(0).place);
  EXPECT_EQ(key_verdict::other_type, table.check("one", r).verdict);
  EXPECT_EQ(key_verdict::known, table.check("two", r).verdict);
  EXPECT_EQ(key_verdict::unknown, table.check("three", a).verdict);
  EXPECT_EQ(key_verdict::unknown, table.check("four", a).verdict);
  EXPECT_EQ(key_verdict::unknown, table.check("five", a).verdict);
  EXPECT_EQ(key_verdict::known, table.check("good.net", b).verdict);
  EXPECT_EQ(key_verdict::unknown, table.check("bad.net", b).verdict);
  EXPECT_EQ(key_verdict::revoked, table.check("anybody", key("ssh-rsa", "evil")).verdict);
  EXPECT_EQ((std::vector<std::string>{"ssh-ed25519", "ssh-rsa"}), table.types("two"));
}

TEST(known_hosts_test, a_line_whose_key_is_of_another_type_than_it_says_counts_for_nothing) {
  known_hosts table;
  table.add("one ssh-rsa " + to_base64(a.blob) + '\n', "file");
  EXPECT_EQ(key_verdict::unknown, table.check("one", a).verdict);
}

TEST(known_hosts_test, many_hashed_lines_are_searched_fast_enough) {
  known_hosts table;
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    const std::string salt(20, static_cast<char>(i));
    const auto hash = hmac_sha1(salt, "host" + std::to_string(i));
    text += line("|1|" + to_base64(salt) + '|'
                     + to_base64({reinterpret_cast<const char*>(hash.data()), hash.size()}),
                 a);
  }
  table.add(text, "file");
  EXPECT_EQ(key_verdict::known, table.check("host4999", a).verdict);
  EXPECT_EQ(key_verdict::unknown, table.check("host5000", a).verdict);
}

} // namespace baton::ssh
