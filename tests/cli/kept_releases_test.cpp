#include "cli/kept_releases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {

namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(kept_releases, are_read_from_what_the_host_has_told) {
  const auto all =
      kept_from("r2 bbbb run2 2026-01-02T00:00:00Z\nr1 aaaa run1 2026-01-01T00:00:00Z\n");
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].release, "r2");
  EXPECT_EQ(all[0].commit, "bbbb");
  EXPECT_EQ(all[1].run, "run1");
  EXPECT_EQ(all[1].at, "2026-01-01T00:00:00Z");
}

TEST(kept_releases, that_are_not_whole_are_none) {
  EXPECT_THAT(kept_from(""), IsEmpty());
  EXPECT_THAT(kept_from("r1 aaaa\n\n r2\n"), IsEmpty());
}

} // namespace

} // namespace baton::test
