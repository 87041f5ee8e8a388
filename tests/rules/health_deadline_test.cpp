#include "rules/health.hpp"

#include <gtest/gtest.h>

namespace baton {

namespace {

TEST(health_deadline, a_unit_that_stays_ill_fails_at_the_deadline_and_not_later) {
  using std::chrono::seconds;
  auto looks = begin_window({seconds{0}, seconds{3}, seconds{3}, seconds{1}}, time_point{});
  health_look ill;
  ill.seen = true;
  for (int second = 0; second < 3; ++second) {
    ill.at = time_point{seconds{second}};
    looks = fold(std::move(looks), ill);
    ASSERT_EQ(judge(looks).word, health_word::keep_looking) << second;
  }
  ill.at = time_point{seconds{3}};
  EXPECT_EQ(judge(fold(std::move(looks), ill)).word, health_word::ill);
}

TEST(health_deadline, a_start_period_that_has_passed_is_added_once) {
  using std::chrono::seconds;
  auto looks = begin_window({seconds{0}, seconds{3}, seconds{3}, seconds{1}}, time_point{});
  health_look starting;
  starting.seen = true;
  starting.start_left = seconds{10};
  looks = fold(std::move(looks), starting);
  health_look ill;
  ill.seen = true;
  ill.at = time_point{seconds{12}};
  looks = fold(std::move(looks), ill);
  EXPECT_EQ(judge(looks).word, health_word::keep_looking);
  ill.at = time_point{seconds{13}};
  EXPECT_EQ(judge(fold(std::move(looks), ill)).word, health_word::ill);
}

} // namespace

} // namespace baton
