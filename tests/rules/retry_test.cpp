#include "rules/backoff.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// Only what can get better by itself is tried again.

namespace baton::test {

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(backoff, grows_by_its_factor_up_to_the_cap) {
  retry_policy by{9, 5s, 2, 60s, false};
  std::vector<duration> waits;
  for (int failed = 1; failed <= 6; ++failed)
    waits.push_back(backoff(by, failed, 0.3));
  EXPECT_THAT(waits, ElementsAre(5s, 10s, 20s, 40s, 60s, 60s));
  EXPECT_EQ(backoff(by, 100'000, 0.3), 60s);
}

TEST(backoff, is_drawn_from_the_upper_half_with_jitter) {
  const retry_policy by{3, 10s, 2, 60s, true};
  EXPECT_EQ(backoff(by, 1, 0.0), 5s);
  EXPECT_EQ(backoff(by, 1, 0.5), 7500ms);
  EXPECT_LT(backoff(by, 1, 0.999), 10s);
  EXPECT_GT(backoff(by, 1, 0.999), 9900ms);
}

TEST(backoff, of_many_at_once_is_spread) {
  EXPECT_EQ(spread(0.25, 0), 0.25);
  for (std::size_t nth = 1; nth < 100; ++nth) {
    EXPECT_NE(spread(0.25, nth), spread(0.25, nth - 1));
    EXPECT_GE(spread(0.99, nth), 0.0);
    EXPECT_LT(spread(0.99, nth), 1.0);
  }
}

std::vector<event::retry_scheduled> drawn(const played& show) {
  std::vector<event::retry_scheduled> found;
  for (const auto& one : show.journal)
    if (const auto* retry = std::get_if<event::retry_scheduled>(&one.what))
      found.push_back(*retry);
  return found;
}

fleet pair_with_retries() {
  auto one = make_stage("pair", role::production, {"a", "b"});
  one.retry.attempts_max = 3;
  return bare_fleet({one});
}

TEST(retry, redoes_only_the_host_that_failed_from_the_first_step) {
  auto once = bad("pair", step_kind::gate, "b", fails_retryably(ec::not_steady));
  once.times = 1;
  const auto show = play(plan_for(pair_with_retries()), {{once}});
  EXPECT_EQ(show.row(), "success · verification · a b · n n · 0");
  EXPECT_THAT(show.steps(step_kind::prepare), ElementsAre("pair a", "pair b", "pair b"));
  EXPECT_THAT(show.steps(step_kind::activate), ElementsAre("pair a", "pair b", "pair b"));
  EXPECT_EQ(show.details("pair").attempts, 2);
  EXPECT_EQ(show.details("pair").hosts.at("a").attempts, 1);
  EXPECT_FALSE(show.details("pair").hosts.at("b").error);
}

TEST(retry, draws_its_delay_as_an_event) {
  const auto show = play(plan_for(pair_with_retries()),
                         {{bad("pair", step_kind::prepare, "b", fails_retryably())}});
  EXPECT_EQ(show.row(), "rolled_back · pair · none · o o · 1");
  const auto delays = drawn(show);
  ASSERT_EQ(delays.size(), 2U);
  EXPECT_EQ(delays[0].attempt, 2);
  EXPECT_EQ(delays[1].attempt, 3);
  EXPECT_EQ(show.details("pair").attempts, 3);
  std::vector<duration> waits;
  for (const auto& one : show.journal)
    if (const auto* retry = std::get_if<event::retry_scheduled>(&one.what))
      waits.push_back(std::chrono::duration_cast<duration>(retry->at - one.at));
  EXPECT_THAT(waits, ElementsAre(3750ms, 7500ms)); // 5 s and 10 s, dice 0.5
}

TEST(retry, is_ended_by_an_error_that_cannot_get_better) {
  auto first = bad("pair", step_kind::prepare, "b", fails_retryably());
  first.times = 1;
  const auto show = play(plan_for(pair_with_retries()),
                         {{first, bad("pair", step_kind::gate, "b", fails(ec::image_missing))}});
  EXPECT_EQ(drawn(show).size(), 1U);
  EXPECT_EQ(show.details("pair").attempts, 2);
}

TEST(retry, in_back_off_is_given_up_when_another_host_fails_for_good) {
  const auto show = play(plan_for(pair_with_retries()),
                         {{bad("pair", step_kind::prepare, "a", fails_retryably()),
                           bad("pair", step_kind::prepare, "b", fails(ec::image_missing))}});
  EXPECT_EQ(show.row(), "rolled_back · pair · none · o o · 1");
  EXPECT_EQ(drawn(show).size(), 1U);
  EXPECT_EQ(show.steps(step_kind::prepare).size(), 2U);
}

TEST(retry, does_not_repeat_a_step_of_unknown_fate_that_may_not_be_repeated) {
  const auto lost = play(plan_for(pair_with_retries()),
                         {{bad("pair", step_kind::activate, "b", fails_retryably(ec::step_lost))}});
  EXPECT_THAT(drawn(lost), IsEmpty());
  const auto harmless =
      play(plan_for(pair_with_retries()),
           {{bad("pair", step_kind::prepare, "b", fails_retryably(ec::step_lost))}});
  EXPECT_EQ(drawn(harmless).size(), 2U);
}

TEST(retry, of_secrets_and_tests_follows_their_own_policy) {
  auto of = homelab();
  of.secrets_retry.attempts_max = 2;
  of.tests.retry.attempts_max = 2;
  auto sync = bad("secrets_sync", step_kind::sync_secrets, "", fails_retryably());
  auto tests = bad("tests", step_kind::run_tests, "", fails_retryably());
  sync.times = tests.times = 1;
  const auto show = play(plan_for(of), {{sync, tests}});
  EXPECT_EQ(show.row(), "success · verification · thinkpad rtx1080 vps · n n n · 0");
  EXPECT_EQ(show.details("secrets_sync").attempts, 2);
  EXPECT_EQ(show.details("tests").attempts, 2);
}

TEST(retry, is_known_to_whoever_keeps_the_timers) {
  const auto of = plan_for(pair_with_retries());
  EXPECT_THAT(retries_waiting(of, begin(of)), IsEmpty());
  EXPECT_THAT(steps_running(of, begin(of)), IsEmpty());
  bool seen = false;
  staging with;
  with.troubles = {bad("pair", step_kind::prepare, "b", fails_retryably())};
  with.watch = [&](const played& show, const std::vector<record>& batch) {
    for (const auto& one : batch)
      if (const auto* retry = std::get_if<event::retry_scheduled>(&one.what)) {
        const auto waiting = retries_waiting(show.of, show.now);
        ASSERT_EQ(waiting.size(), 1U);
        EXPECT_EQ(waiting[0].at, retry->at);
        EXPECT_EQ(waiting[0].attempt, retry->attempt);
        EXPECT_EQ(verdict(show.of, show.now, one.at).state, run_state::waiting);
        seen = true;
      }
  };
  play(of, with);
  EXPECT_TRUE(seen);
}

} // namespace

} // namespace baton::test
