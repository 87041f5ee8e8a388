#include "runtime/http/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(a_url, is_split_from_the_login_in_it) {
  const auto parts = split_login("https://me%40work:p%2Fss:w@git.example.org:8443/a/../b.git?x=1");
  EXPECT_EQ(parts.bare, "https://git.example.org:8443/a/../b.git?x=1");
  EXPECT_EQ(parts.site, "https://git.example.org:8443/");
  EXPECT_EQ(parts.user, "me@work");
  EXPECT_EQ(parts.password, "p/ss:w");
  const auto token = split_login("https://ghp_x:@github.com/o/r.git");
  EXPECT_EQ(token.bare, "https://github.com/o/r.git");
  EXPECT_EQ(token.user, "ghp_x");
  EXPECT_EQ(token.password, "");
  EXPECT_EQ(token.site, "https://github.com/");
}

TEST(a_url, without_a_password_stays_as_it_is) {
  for (const auto* url : {"https://host/x.git", "https://me@host/x.git", "ssh://git@host:22/x.git",
                          "ssh://git:pw@host/x.git", "git@host:x.git", "/srv/git/x.git", "../x.git",
                          "file:///srv/x.git", "https://host/x@y:z", "", "://"}) {
    const auto parts = split_login(url);
    EXPECT_EQ(parts.bare, url);
    EXPECT_EQ(parts.site + parts.user + parts.password, "") << url;
  }
}

TEST(a_url, tells_its_parts_that_may_be_secret) {
  const auto parts = parts_of_url("https://me:pw@h/x?token=a%20b&empty=&flag&sig=1#part");
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[0].name, "");
  EXPECT_EQ(parts[0].text, "pw");
  EXPECT_EQ(parts[1].name, "token");
  EXPECT_EQ(parts[1].text, "a%20b");
  EXPECT_EQ(parts[3].name, "sig");
  EXPECT_EQ(url_decoded(parts[1].text), "a b");
  EXPECT_TRUE(parts_of_url("no url").empty());
}

} // namespace
} // namespace baton
