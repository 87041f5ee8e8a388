#include "rules/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {

namespace {

using namespace std::chrono_literals;

constexpr time_point zero{};

health_look good(duration at) {
  health_look made;
  made.asked = made.at = zero + at;
  made.seen = true;
  made.healthy = true;
  return made;
}

health_look ill(duration at) {
  auto made = good(at);
  made.healthy = false;
  made.ill = {"web: 503"};
  return made;
}

health_look unseen(duration at) {
  health_look made;
  made.at = zero + at;
  return made;
}

health_policy gate(duration steady, duration deadline) {
  health_policy made;
  made.steady = steady;
  made.deadline = deadline;
  made.interval = 2s;
  return made;
}

/// The first word that is not keep_looking, and after how many looks.
struct end {
  health_verdict said;
  std::size_t looks = 0;
};

end look_at(const health_terms& terms, const std::vector<health_look>& looks) {
  auto window = begin_window(terms, zero);
  end made;
  for (const auto& one : looks) {
    window = fold(std::move(window), one);
    made.said = judge(window);
    ++made.looks;
    if (made.said.word != health_word::keep_looking)
      return made;
  }
  return made;
}

TEST(health, is_not_decided_before_the_first_look) {
  const auto said = judge(begin_window(gate_terms(gate(10s, 60s)), zero));
  EXPECT_EQ(said.word, health_word::keep_looking);
  EXPECT_EQ(said.look_at, zero);
}

TEST(health, with_a_window_of_zero_needs_one_good_look) {
  const auto [said, looks] = look_at(gate_terms(gate(0s, 60s)), {good(1s)});
  EXPECT_EQ(said.word, health_word::steady);
}

TEST(health, must_last_for_the_window) {
  const auto terms = gate_terms(gate(10s, 60s));
  EXPECT_EQ(look_at(terms, {good(1s), good(6s), good(10900ms)}).said.word,
            health_word::keep_looking);
  EXPECT_EQ(look_at(terms, {good(1s), good(6s), good(11s)}).looks, 3U);
  EXPECT_EQ(look_at(terms, {good(1s), good(6s)}).said.look_at, zero + 8s);
}

TEST(health, begins_anew_after_a_break) {
  const auto terms = gate_terms(gate(10s, 60s));
  EXPECT_EQ(look_at(terms, {good(0s), ill(5s), good(6s), good(11s), good(16s)}).looks, 5U);
  EXPECT_EQ(look_at(terms, {good(0s), unseen(5s), good(6s), good(11s), good(16s)}).looks, 5U);
}

TEST(health, is_only_as_steady_as_its_answers_prove) {
  const auto terms = gate_terms(gate(10s, 60s));
  // The first answer was long under way, and so may be the last.
  auto late = good(30s);
  late.asked = zero;
  EXPECT_EQ(look_at(terms, {late, good(39s), good(40s)}).looks, 3U);
  auto slow = good(16s);
  slow.asked = zero + 9s;
  EXPECT_EQ(look_at(terms, {good(0s), slow, good(17s)}).looks, 3U);
  EXPECT_EQ(look_at(terms, {good(0s), slow}).said.look_at, zero + 10s) << "at once";
  // A deadline that passes meanwhile waits for that look, and for no other.
  const auto short_terms = gate_terms(gate(10s, 15s));
  EXPECT_EQ(look_at(short_terms, {good(0s), slow, good(17s)}).looks, 3U);
  EXPECT_EQ(look_at(short_terms, {good(0s), slow, ill(17s)}).said.word, health_word::ill);
  slow.asked = zero + 13s;
  EXPECT_EQ(look_at(short_terms, {good(7s), slow}).said.word, health_word::ill);
  EXPECT_EQ(look_at(terms, {good(0s), good(9s)}).said.look_at, zero + 10s)
      << "as soon as it can be";
}

TEST(health, is_not_steady_while_containers_restart) {
  auto restarted = good(8s);
  restarted.restarts = 1;
  auto later = good(12s);
  later.restarts = 1;
  auto last = good(18s);
  last.restarts = 1;
  const auto [said, looks] =
      look_at(gate_terms(gate(10s, 60s)), {good(0s), restarted, later, last});
  EXPECT_EQ(said.word, health_word::steady);
  EXPECT_EQ(looks, 4U);
  // Restarts from before the window are nobody's fault now.
  EXPECT_EQ(look_at(gate_terms(gate(4s, 60s)), {restarted, later}).said.word, health_word::steady);
  // A count that is unknown in between says nothing.
  auto unknown = unseen(9s);
  EXPECT_EQ(look_at(gate_terms(gate(0s, 60s)), {unknown, restarted}).said.word,
            health_word::steady);
}

TEST(health, fails_at_its_deadline_and_may_get_better) {
  const auto [said, looks] = look_at(gate_terms(gate(10s, 20s)), {ill(1s), ill(19s), ill(20s)});
  EXPECT_EQ(said.word, health_word::ill);
  EXPECT_EQ(looks, 3U);
  EXPECT_EQ(said.why->code, ec::unhealthy);
  EXPECT_TRUE(said.why->retryable);
  EXPECT_THAT(said.why->what, testing::HasSubstr("web: 503"));
}

TEST(health, that_came_and_went_is_told_with_the_window_that_was_wanted) {
  for (const auto& [window, text] :
       {std::pair{duration{10s}, " 10 s "}, std::pair{duration{300ms}, " 0.3 s "},
        std::pair{duration{2050ms}, " 2.05 s "}}) {
    const auto said =
        look_at(gate_terms(gate(window, 20s)), {good(15s), ill(15100ms), ill(20s)}).said;
    ASSERT_TRUE(said.why);
    EXPECT_THAT(said.why->what, testing::HasSubstr(std::string{"was not seen healthy for"} + text));
  }
}

TEST(health, that_came_too_late_to_last_does_not_read_as_illness) {
  const auto said = look_at(gate_terms(gate(10s, 20s)), {good(15s), good(20s)}).said;
  ASSERT_TRUE(said.why);
  EXPECT_EQ(said.why->code, ec::not_steady);
  EXPECT_THAT(said.why->what, testing::HasSubstr("its last look was good"));
}

TEST(health, that_came_and_went_is_called_not_steady) {
  auto two = ill(20s);
  two.ill.push_back("db: starting");
  const auto [said, looks] = look_at(gate_terms(gate(10s, 20s)), {good(15s), two});
  EXPECT_EQ(said.why->code, ec::not_steady);
  EXPECT_TRUE(said.why->retryable);
  EXPECT_THAT(said.why->what, testing::HasSubstr("10 s"));
  EXPECT_THAT(said.why->what, testing::HasSubstr("web: 503; db: starting"));
}

TEST(health, waits_for_the_containers_own_start_periods) {
  // A healthcheck every 90 s with a start period of 60 s says `starting` for long.
  auto starting = ill(1s);
  starting.start_left = 150s;
  const auto terms = gate_terms(gate(0s, 20s));
  EXPECT_EQ(look_at(terms, {starting, ill(100s), ill(150s), good(151s)}).said.word,
            health_word::steady);
  const auto late = look_at(terms, {starting, ill(150s), ill(171s)});
  EXPECT_EQ(late.said.word, health_word::ill);
  EXPECT_EQ(late.looks, 3U);
}

TEST(health, of_another_release_is_no_health) {
  auto other = good(1s);
  other.serves_wanted = false;
  auto late = other;
  late.at = zero + 20s;
  const auto [said, looks] = look_at(gate_terms(gate(0s, 20s)), {other, late});
  EXPECT_EQ(looks, 2U);
  EXPECT_EQ(said.why->code, ec::wrong_release);
  EXPECT_FALSE(said.why->retryable);
}

TEST(health, of_what_does_not_run_is_no_health) {
  auto nothing = good(20s);
  nothing.serves_wanted = nothing.runs = false;
  EXPECT_EQ(look_at(gate_terms(gate(0s, 20s)), {nothing}).said.why->what, "nothing runs");
}

TEST(health, of_which_a_part_gave_up_is_none_although_the_checks_pass) {
  auto part = good(1s);
  part.hopeless = true;
  EXPECT_EQ(look_at(gate_terms(gate(0s, 20s)), {part}).said.word, health_word::ill);
}

TEST(health, that_cannot_come_is_not_waited_for) {
  auto gone = ill(1s);
  gone.hopeless = true;
  const auto [said, looks] = look_at(gate_terms(gate(0s, 20s)), {gone});
  EXPECT_EQ(said.word, health_word::ill);
  EXPECT_EQ(said.why->code, ec::unhealthy);
  EXPECT_FALSE(said.why->retryable);
}

TEST(health, of_a_host_that_cannot_be_asked_is_decided_by_patience) {
  fleet of;
  of.guard_unreachable_after = 30s;
  const auto terms = guard_terms(of);
  EXPECT_EQ(look_at(terms, {unseen(0s), unseen(29s)}).said.word, health_word::keep_looking);
  const auto gone = look_at(terms, {unseen(0s), unseen(29s), unseen(30s)});
  EXPECT_EQ(gone.said.word, health_word::ill);
  EXPECT_EQ(gone.said.why->code, ec::unreachable);
  EXPECT_TRUE(gone.said.why->retryable);
  EXPECT_EQ(gone.said.why->what, "could not be asked for 30 s");
  EXPECT_EQ(look_at(terms, {unseen(0s), unseen(29s), good(31s)}).said.word, health_word::steady);
}

TEST(health, of_a_host_that_cannot_be_asked_is_decided_at_once_without_patience) {
  const auto gone = look_at(gate_terms(gate(0s, 0s)), {unseen(0s)});
  EXPECT_EQ(gone.said.word, health_word::ill);
  EXPECT_EQ(gone.said.why->what, "could not be asked");
}

TEST(health, that_another_host_could_not_ask_about_is_not_known) {
  fleet of;
  of.guard_unreachable_after = 30s;
  auto open = unseen(0s);
  open.healthy = true;
  open.ill = {"http http://a/ from probe could not be asked: no route"};
  auto late = open;
  late.at = zero + 30s;
  const auto gone = look_at(guard_terms(of), {open, late});
  EXPECT_EQ(gone.said.word, health_word::ill);
  EXPECT_EQ(gone.looks, 2U);
  EXPECT_EQ(gone.said.why->code, ec::unreachable);
  EXPECT_EQ(gone.said.why->what, "was not known to be healthy for 30 s: http http://a/ from probe "
                                 "could not be asked: no route");
}

TEST(health, in_a_guard_is_one_look_of_a_host_that_answers) {
  EXPECT_EQ(look_at(guard_terms({}), {good(0s)}).said.word, health_word::steady);
  EXPECT_EQ(look_at(guard_terms({}), {ill(0s)}).said.word, health_word::ill);
}

} // namespace

} // namespace baton::test
