#include "actors/host/job_runner.hpp"
#include "tests/actors/fake_target.hpp"

#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utility>

namespace baton {
namespace {

class job_runner_test : public testing::Test {
protected:
  explicit job_runner_test(bool resumed = false) {
    house_.secrets = std::make_shared<redactor>();
    job_runner::task what;
    what.id = "run/phase/host/1/activate";
    what.work.script = "true\n";
    what.deadline = duration{60'000};
    what.resumed = resumed;
    runner_ = std::make_shared<job_runner>(
        link_, clock_, house_, what, [this](expected<job_end> how) { end_ = std::move(how); });
    link_.on_step_over = [this](const std::string&) { runner_->hint(); };
    runner_->run();
    if (!resumed)
      settle();
  }

  /// Until nobody has anything to do any more.
  void settle() {
    while (!posted_.empty()) {
      auto first = std::move(posted_.front());
      posted_.pop_front();
      first();
    }
  }

  std::vector<std::string> after(const std::function<void()>& what) {
    what();
    settle();
    return target_->asked();
  }

  const std::string running = "ok running - - 0 0 0 0 1";
  const std::string done = "ok done 0 - 0 0 0 0 0";

  std::deque<std::function<void()>> posted_;
  timers clock_{[](duration, const std::function<void()>&) {}, [] { return duration{0}; }};
  host_house house_;
  std::shared_ptr<fake_target> target_ = std::make_shared<fake_target>();
  link link_{target_, {}, clock_, [this](std::function<void()> what) {
               posted_.push_back(std::move(what));
             }};
  std::shared_ptr<job_runner> runner_;
  std::optional<expected<job_end>> end_;
};

using testing::ElementsAre;

TEST_F(job_runner_test, asks_for_the_facts_of_a_short_step_in_the_round_trip_that_starts_it) {
  EXPECT_THAT(target_->asked(), ElementsAre("2 start", "3 facts"));
  EXPECT_THAT(after([&] { target_->answer("2", done); }), ElementsAre());
  EXPECT_FALSE(end_);
  after([&] { target_->answer("3", "ok", "commit=abc\n"); });
  ASSERT_TRUE(end_ && *end_);
  EXPECT_EQ((*end_)->facts, "commit=abc\n");
  EXPECT_EQ((*end_)->exit, 0);
}

TEST_F(job_runner_test, asks_for_end_and_facts_in_one_round_trip_when_the_target_says_it_is_over) {
  after([&] { target_->answer("2", running); });
  after([&] { target_->answer("3", "ok", "commit="); });
  EXPECT_THAT(after([&] { target_->hint("2"); }), ElementsAre("4 poll", "5 facts"));
  after([&] { target_->answer("4", done); });
  EXPECT_FALSE(end_);
  after([&] { target_->answer("5", "ok", "commit=abc\n"); });
  ASSERT_TRUE(end_ && *end_);
  EXPECT_EQ((*end_)->facts, "commit=abc\n");
}

TEST_F(job_runner_test, takes_no_facts_that_were_asked_for_before_the_end) {
  after([&] { target_->answer("2", running); });
  after([&] { target_->hint("2"); }); // the first answer is still on its way
  after([&] { target_->answer("3", "ok", "half=of"); });
  EXPECT_THAT(after([&] { target_->answer("4", done); }), ElementsAre());
  EXPECT_FALSE(end_);
  after([&] { target_->answer("5", "ok", "half=of it\n"); });
  ASSERT_TRUE(end_ && *end_);
  EXPECT_EQ((*end_)->facts, "half=of it\n");
}

TEST_F(job_runner_test, asks_for_facts_again_when_they_came_before_the_end) {
  after([&] { target_->answer("2", running); });
  after([&] { target_->answer("3", "ok"); });
  after([&] { target_->hint("2"); });
  after([&] { target_->answer("4", "ok settling 0 - 0 0 0 0 0"); });
  after([&] { target_->answer("5", "ok", "half=of"); });
  runner_->hint();
  EXPECT_THAT(target_->asked(), ElementsAre("6 poll", "7 facts"));
  after([&] { target_->answer("6", done); });
  after([&] { target_->answer("7", "ok", "half=of it\n"); });
  ASSERT_TRUE(end_ && *end_);
  EXPECT_EQ((*end_)->facts, "half=of it\n");
}

/// An earlier process may have begun the step, and the target is only being connected to.
class resumed_job_runner_test : public job_runner_test {
protected:
  resumed_job_runner_test() : job_runner_test{true} {}
};

TEST_F(resumed_job_runner_test, that_is_stopped_kills_the_step_and_begins_nothing) {
  runner_->stop();
  EXPECT_FALSE(end_) << "nobody knows yet what it does there";
  EXPECT_THAT(after([] {}), ElementsAre("2 kill"));
  EXPECT_THAT(after([&] { target_->answer("2", running); }), ElementsAre("3 poll"));
  EXPECT_FALSE(end_);
  after([&] { target_->answer("3", "ok done 143 kill 0 0 0 0 0"); });
  ASSERT_TRUE(end_);
  ASSERT_FALSE(*end_);
  EXPECT_EQ(end_->error().code, ec::cancelled);
}

TEST_F(resumed_job_runner_test, that_is_stopped_is_over_where_the_step_never_came) {
  runner_->stop();
  after([] {});
  after([&] { target_->answer("2", "ok absent - - 0 0 0 0 0"); });
  after([&] { target_->answer("3", "ok absent - - 0 0 0 0 0"); });
  ASSERT_TRUE(end_);
  ASSERT_FALSE(*end_);
  EXPECT_EQ(end_->error().code, ec::cancelled);
}

TEST_F(resumed_job_runner_test, says_of_a_step_that_was_killed_that_somebody_asked_for_it) {
  EXPECT_THAT(after([] {}), ElementsAre("2 start", "3 facts"));
  after([&] { target_->answer("2", "ok done 143 kill 0 0 0 0 0"); });
  after([&] { target_->answer("3", "ok"); });
  ASSERT_TRUE(end_ && *end_);
  EXPECT_TRUE((*end_)->kill_asked);
  EXPECT_EQ((*end_)->signal, "TERM");
}

} // namespace
} // namespace baton
