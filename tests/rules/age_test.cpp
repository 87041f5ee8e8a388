#include "rules/age.hpp"

#include <gtest/gtest.h>

namespace baton::test {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr time_point asked{hours{1'000}};

TEST(a_run_that_was_cut_off, is_gone_on_with_up_to_its_age) {
  EXPECT_FALSE(is_too_old(asked, asked, hours{24}));
  EXPECT_FALSE(is_too_old(asked, asked + hours{24}, hours{24}));
  EXPECT_TRUE(is_too_old(asked, asked + hours{24} + milliseconds{1}, hours{24}));
}

TEST(a_run_that_was_cut_off, is_not_old_by_a_clock_that_was_set_back) {
  EXPECT_FALSE(is_too_old(asked, asked - hours{48}, hours{24}));
}

} // namespace

} // namespace baton::test
