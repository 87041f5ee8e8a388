#include "cli/view/block.hpp"
#include "screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr terminal_size small{20, 5};

TEST(block, is_drawn_below_what_stands_there_and_again_in_its_place) {
  screen at{20, 5};
  block one;
  at.write("before\n");
  at.write(one.draw({"first", "second"}, small));
  EXPECT_THAT(at.shown(), ElementsAre("before", "first", "second"));
  at.write(one.draw({"first again", "2"}, small));
  EXPECT_THAT(at.shown(), ElementsAre("before", "first again", "2"));
  at.write(one.draw({"short"}, small));
  EXPECT_THAT(at.shown(), ElementsAre("before", "short"));
  EXPECT_THAT(at.above, IsEmpty());
}

TEST(block, scrolls_what_is_above_only_as_far_as_it_grows) {
  screen at{20, 5};
  block one;
  at.write("a\nb\nc\n");
  at.write(one.draw({"1", "2"}, small));
  at.write(one.draw({"1", "2", "3"}, small));
  at.write(one.draw({"1", "2", "3"}, small));
  EXPECT_THAT(at.shown(), ElementsAre("b", "c", "1", "2", "3"));
  EXPECT_THAT(at.above, ElementsAre("a"));
  // Shorter for a while: no room is made twice.
  at.write(one.draw({"1"}, small));
  at.write(one.draw({"1", "2", "3"}, small));
  EXPECT_THAT(at.above, ElementsAre("a"));
}

TEST(block, that_fills_the_screen_leaves_nothing_above_it) {
  screen at{20, 5};
  block one;
  for (const auto* last : {"5", "five", "v"})
    at.write(one.draw({"1", "2", "3", "4", last}, small));
  at.write(one.draw({"1", "2"}, small));
  at.write(one.draw({"1", "2", "3", "4", "5"}, small));
  EXPECT_THAT(at.shown(), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(at.above, IsEmpty());
  at.write(one.leave({"done"}));
  at.write("after");
  EXPECT_THAT(at.shown(), ElementsAre("done", "after"));
  EXPECT_THAT(at.above, IsEmpty());
}

TEST(block, with_a_size_that_is_true_no_longer_cuts_and_leaves_nothing_behind) {
  screen at{8, 4};
  block one;
  // The terminal is 8 by 4 by now, and nobody has told us.
  for (int time = 0; time < 3; ++time)
    at.write(one.draw({"longer than that", "2"}, small));
  EXPECT_THAT(at.shown(), ElementsAre("longer t", "2"));
  EXPECT_THAT(at.above, IsEmpty());
}

TEST(block, on_a_screen_that_shrinks_stays_one) {
  screen at{20, 5};
  block one;
  at.write("before\n");
  at.write(one.draw({"1", "2", "3", "4"}, small));
  at.resize_rows(3);
  at.write(one.draw({"1", "2", "3", "4"}, small)); // drawn too late for the old size
  at.write(one.draw({"1", "2", "3"}, {20, 3}));
  EXPECT_THAT(at.shown(), ElementsAre("1", "2", "3"));
  EXPECT_THAT(at.above, ElementsAre("before"));
}

TEST(block, gives_its_place_to_lines_that_stay) {
  screen at{20, 5};
  block one;
  at.write(one.draw({"1", "2"}, small));
  at.write(one.above("a message that is longer than a row\n"));
  at.write(one.draw({"1", "2"}, small));
  at.write(one.leave({"1", "2", "3"}));
  at.write("next\n");
  EXPECT_THAT(at.above, ElementsAre("a message that is lo", "nger than a row"));
  EXPECT_THAT(at.shown(), ElementsAre("1", "2", "3", "next"));
}

} // namespace

} // namespace baton::test
