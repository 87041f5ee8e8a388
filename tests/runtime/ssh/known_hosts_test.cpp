#include "runtime/ssh/encoding.hpp"
#include "runtime/ssh/known_hosts.hpp"

#include <gtest/gtest.h>

namespace baton::ssh {

namespace {

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

TEST(known_hosts_test, a_hashed_name_is_the_one_that_ssh_keygen_makes) {
  // ssh-keygen -H of `host.example ssh-ed25519 …`
  EXPECT_EQ("/DHJJmxX3QWetzjVS0+3jb84hXY=",
            to_base64(hashed_name(*from_base64("G8nhD58/EZtPruFNpT2yKuxfB4w="), "host.example")));
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
    text += line("|1|" + to_base64(salt) + '|'
                     + to_base64(hashed_name(salt, "host" + std::to_string(i))),
                 a);
  }
  table.add(text, "file");
  EXPECT_EQ(key_verdict::known, table.check("host4999", a).verdict);
  EXPECT_EQ(key_verdict::unknown, table.check("host5000", a).verdict);
}

} // namespace baton::ssh
