#include "cli/signals.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <mutex>
#include <string>
#include <vector>

namespace baton {
namespace {

TEST(signals, that_have_come_are_known_once_they_are_settled) {
  std::mutex mutex;
  std::vector<std::string> told;
  signals heard{[&](const std::string& name, int) {
                  const std::lock_guard alone{mutex};
                  told.push_back(name);
                },
                {}};
  for (std::size_t i = 1; i <= 200; ++i) {
    ::raise(i % 2 == 0 ? SIGINT : SIGTERM);
    heard.settle();
    const std::lock_guard alone{mutex};
    ASSERT_EQ(i, told.size());
    ASSERT_EQ(i % 2 == 0 ? "SIGINT" : "SIGTERM", told.back());
  }
}

// As when a run begins: who heard them until then is asked once somebody else does.
TEST(signals, that_came_before_another_hears_them_are_settled_by_who_heard_them) {
  std::mutex mutex;
  std::string early;
  std::string late;
  const auto keep = [&](std::string& in) {
    return [&](const std::string& name, int) {
      const std::lock_guard alone{mutex};
      in = name;
    };
  };
  signals first{keep(early), {}};
  ::raise(SIGINT);
  signals second{keep(late), {}};
  first.settle();
  {
    const std::lock_guard alone{mutex};
    EXPECT_EQ("SIGINT", early);
    EXPECT_EQ("", late);
  }
  ::raise(SIGTERM);
  second.settle();
  const std::lock_guard alone{mutex};
  EXPECT_EQ("SIGTERM", late);
  EXPECT_EQ("SIGINT", early);
}

} // namespace
} // namespace baton
