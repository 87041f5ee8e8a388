#include "actors/host/link.hpp"

#include "runtime/fault.hpp"
#include "tests/actors/fake_target.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace baton {
namespace {

/// Connections that break before they can be used.
class breaking_target : public transport {
public:
  std::unique_ptr<session> open(const endpoint&, transport_sink sink,
                                std::chrono::milliseconds) override {
    ++opened;
    sink(transport_event::lost{make_error(breaks_with, "it broke")});
    return std::make_unique<no_session>();
  }

  int opened = 0;
  ec breaks_with = ec::connection_lost;

private:
  struct no_session : session {
    channel_id run(std::string, std::chrono::milliseconds) override { return 1; }
    void write(channel_id, std::string) override {}
    void write_end(channel_id) override {}
    void credit(channel_id, std::size_t) override {}
    void cancel(channel_id) override {}
  };
};

class link_test : public testing::Test {
protected:
  link_test() {
    link::options how;
    how.to.name = "thinkpad";
    const timers clock{[this](duration wait, std::function<void()> what) {
                         waits_.push_back(wait);
                         posted_.push_back(std::move(what));
                       },
                       [] { return duration{0}; }};
    link_ = std::make_unique<link>(target_, how, clock, [this](std::function<void()> what) {
      posted_.push_back(std::move(what));
    });
  }

  std::optional<expected<void>> ask() {
    std::optional<expected<void>> told;
    link_->when_ready([&told](expected<void> how) { told = std::move(how); });
    settle();
    return told;
  }

  void settle() {
    while (!posted_.empty()) {
      const auto next = std::exchange(posted_.front(), {});
      posted_.pop_front();
      next();
    }
  }

  std::shared_ptr<breaking_target> target_ = std::make_shared<breaking_target>();
  std::vector<duration> waits_;
  std::deque<std::function<void()>> posted_;
  std::unique_ptr<link> link_;
};

TEST_F(link_test, a_connection_that_breaks_before_it_can_be_used_is_tried_again_some_times) {
  for (int round = 1; round <= 2; ++round) {
    const auto told = ask();
    ASSERT_TRUE(told && !*told);
    EXPECT_EQ(told->error().code, ec::connection_lost);
    EXPECT_EQ(target_->opened, 3 * round) << "who asks anew is tried for anew";
  }
  ASSERT_EQ(waits_.size(), 4u);
  EXPECT_LT(waits_[0], waits_[1]) << "each time after a longer pause";
}

TEST_F(link_test, who_asks_again_when_an_answer_is_lost_is_heard_over_the_next_connection) {
  const auto target = std::make_shared<fake_target>();
  link over{target,
            {},
            {[](duration, const std::function<void()>&) {}, [] { return duration{0}; }},
            [this](std::function<void()> what) { posted_.push_back(std::move(what)); }};
  std::optional<expected<void>> first;
  std::optional<expected<void>> again;
  over.when_ready([&first](expected<void> how) { first = std::move(how); });
  settle();
  ASSERT_TRUE(first && *first);
  over.send(over.shell().lease_show([&](const expected<lease_report>& told) {
    EXPECT_FALSE(told);
    over.when_ready([&again](expected<void> how) { again = std::move(how); });
  }));
  target->lose();
  settle();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->has_value()) << describe(again->error());
}

TEST_F(link_test, a_target_that_cannot_be_reached_is_not_tried_again) {
  target_->breaks_with = ec::unreachable;
  const auto told = ask();
  ASSERT_TRUE(told && !*told);
  EXPECT_EQ(target_->opened, 1);
}

TEST_F(link_test, a_target_under_suspicion_is_not_tried_again) {
  link_->suspect();
  const auto told = ask();
  ASSERT_TRUE(told && !*told);
  EXPECT_EQ(target_->opened, 1);
}

} // namespace
} // namespace baton
