#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"

#include <gtest/gtest.h>

namespace baton::test {

namespace {

TEST(worked_examples, all_good) {
  EXPECT_EQ(play(plan_for(homelab())).row(),
            "success · verification · thinkpad rtx1080 vps · n n n · 0");
}

} // namespace

} // namespace baton::test
