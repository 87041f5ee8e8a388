#include "runtime/open_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

namespace baton {

using testing::HasSubstr;

class open_files_test : public testing::Test {
protected:
  open_files_test() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto low = before_;
    low.rlim_cur = 100;
    ::setrlimit(RLIMIT_NOFILE, &low);
  }
  ~open_files_test() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

  static rlim_t soft() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
  }
  rlimit before_{};
};

TEST_F(open_files_test, the_soft_limit_is_raised_as_far_as_needed_and_never_lowered) {
  ASSERT_TRUE(allow_open_files(120, "a fleet"));
  EXPECT_EQ(120U, soft());
  ASSERT_TRUE(allow_open_files(90, "a fleet"));
  EXPECT_EQ(120U, soft());
}

TEST_F(open_files_test, a_hard_limit_that_is_too_low_is_told_with_what_to_do) {
  const auto told = allow_open_files(before_.rlim_max + 1, "a fleet of many hosts");
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error().what, HasSubstr("a fleet of many hosts"));
  EXPECT_THAT(told.error().what, HasSubstr("ulimit -Hn"));
  EXPECT_EQ(100U, soft());
}

} // namespace baton
