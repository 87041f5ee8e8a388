#include "messages/json.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/recount.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>

/// Records that come late, twice or to the wrong run: a journal may hold them, a run must not care.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr time_point asked_at{std::chrono::seconds{7}};

/// All that anybody can ask a run.
std::string seen_from_outside(const plan& of, const run& now) {
  auto text = dump(to_json(verdict(of, now, asked_at)));
  const auto add = [&](const event_t& what) {
    text += "\n" + dump(to_json(record{0, of.run, asked_at, 0.5, what}));
  };
  for (const auto& one : next(of, now, asked_at, 0.5))
    add(one);
  for (const auto& one : retries_waiting(of, now))
    add(one);
  for (const auto& one : steps_running(of, now))
    add(one);
  return text + recount(of, now);
}

void expect_no_change(const plan& of, const run& now, const std::vector<event_t>& misfits) {
  const auto before = seen_from_outside(of, now);
  for (const auto& one : misfits)
    EXPECT_EQ(seen_from_outside(of, fold(of, run{now}, {0, of.run, asked_at, 0.5, one})), before)
        << dump(to_json(record{0, of.run, asked_at, 0.5, one}));
}

/// A run as its journal's first records leave it, up to the first (or a asked_at) of a kind.
template <class Event>
run up_to_the(const played& show, int nth = 1) {
  auto now = begin(show.of);
  for (const auto& one : show.journal) {
    now = fold(show.of, std::move(now), one);
    if (std::holds_alternative<Event>(one.what) && --nth == 0)
      break;
  }
  return now;
}

/// Two hosts of which `b` has to try again.
played patient_pair() {
  auto pair = make_stage("pair", role::production, {"a", "b"});
  pair.retry.attempts_max = 2;
  auto once = bad("pair", step_kind::prepare, "b", fails_retryably());
  once.times = 1;
  return play(plan_for(bare_fleet({pair})), {{once}});
}

event::step_started started(const std::string& phase, step_kind kind, unit_id of, int attempt) {
  return {phase, kind, of, "a", attempt, duration{1}};
}

TEST(a_record_that_does_not_fit, changes_nothing_before_the_run_has_begun) {
  const auto of = plan_for(homelab());
  expect_no_change(of, begin(of),
                   {event::phase_started{"pre_flight"},
                    started("pre_flight", step_kind::resolve, 0, 1),
                    event::step_ended{"pre_flight", step_kind::resolve, 0, 1, {}},
                    event::phase_ended{"pre_flight", phase_outcome::ok},
                    event::alert_raised{severity::critical, "pre_flight", "", "a mistake"}});
}

TEST(a_record_that_does_not_fit, changes_nothing_while_a_phase_is_open) {
  const auto show = patient_pair();
  const auto now = up_to_the<event::retry_scheduled>(show);
  const unit_id a = 2;
  const unit_id b = 4;
  ASSERT_EQ(retries_waiting(show.of, now).size(), 1U);
  ASSERT_EQ(retries_waiting(show.of, now)[0].of, b);
  const auto far = unit_id{show.of.units.size() + 7};
  expect_no_change(
      show.of, now,
      {event::run_requested{}, event::phase_started{"pair"}, event::phase_started{"ending"},
       event::phase_ended{"pre_flight", phase_outcome::failed},
       event::phase_ended{"pair", phase_outcome::ok},
       event::phase_ended{"pair", phase_outcome::failed}, started("pair", step_kind::prepare, b, 1),
       event::step_ended{"pair", step_kind::prepare, b, 1, {}},
       event::step_ended{"pair", step_kind::activate, a, 1, {}},
       event::step_ended{"pre_flight", step_kind::inspect, a, 1, {}},
       event::step_ended{"pair", step_kind::prepare, 0, 1, {}},
       event::step_ended{"pair", step_kind::prepare, far, 1, {}},
       event::step_stopped{"pair", step_kind::prepare, b, 1}, event::retry_due{"pair", b, 3},
       event::retry_due{"pair", a, 2}, event::retry_scheduled{"pair", b, 2, asked_at},
       event::rollback_started{"pair", scope::all, {a}}});
}

TEST(a_record_that_does_not_fit, is_an_end_of_a_phase_that_ended_otherwise) {
  const auto show = patient_pair();
  auto now = begin(show.of);
  for (const auto& one : show.journal) {
    if (std::holds_alternative<event::phase_ended>(one.what))
      break;
    now = fold(show.of, std::move(now), one);
  }
  expect_no_change(show.of, now,
                   {event::phase_ended{"pre_flight", phase_outcome::failed},
                    event::phase_ended{"pre_flight", phase_outcome::cancelled}});
}

TEST(a_record_that_does_not_fit, changes_nothing_between_two_phases) {
  const auto show = patient_pair();
  expect_no_change(show.of, up_to_the<event::phase_ended>(show),
                   {event::phase_started{"verification"}, event::phase_started{"rollback:pair"},
                    event::phase_ended{"pre_flight", phase_outcome::failed},
                    event::step_ended{"pre_flight", step_kind::inspect, 2, 1, {}}});
}

TEST(a_record_that_does_not_fit, is_one_of_another_step_of_a_unit_that_runs) {
  const auto show = patient_pair();
  auto now = up_to_the<event::phase_started>(show, 2);
  ASSERT_EQ(show.of.phases[now.open->index].id, "pair");
  now = fold(show.of, std::move(now),
             {0, show.of.run, asked_at, 0.5, started("pair", step_kind::prepare, 2, 1)});
  ASSERT_EQ(steps_running(show.of, now).size(), 1U);
  expect_no_change(show.of, now,
                   {started("pair", step_kind::prepare, 2, 1),
                    event::step_ended{"pair", step_kind::gate, 2, 1, {}},
                    event::step_ended{"pair", step_kind::prepare, 2, 2, {}},
                    event::step_stopped{"pair", step_kind::activate, 2, 1}});
}

TEST(a_record_that_does_not_fit, changes_nothing_while_a_rollback_is_to_be_announced) {
  const auto show =
      play(plan_for(homelab()), {{bad("rtx1080", step_kind::gate, "rtx1080", fails())}});
  auto now = begin(show.of);
  for (const auto& one : show.journal) {
    if (std::holds_alternative<event::rollback_started>(one.what))
      break;
    now = fold(show.of, std::move(now), one);
  }
  EXPECT_EQ(verdict(show.of, now, asked_at).state, run_state::rolling_back);
  expect_no_change(show.of, now,
                   {event::phase_started{"rollback:rtx1080"}, event::phase_started{"ending"},
                    event::rollback_started{"rtx1080", scope::upstream, {3}}});
}

TEST(a_record_that_does_not_fit, changes_nothing_when_it_comes_twice_or_after_the_end) {
  const auto show =
      play(plan_for(homelab()), {{bad("rtx1080", step_kind::gate, "rtx1080", fails())}});
  std::vector<event_t> all;
  for (const auto& one : show.journal)
    all.push_back(one.what);
  expect_no_change(show.of, show.now, all);
  // While it is under way, too: each record once more right after it was folded.
  auto now = begin(show.of);
  for (const auto& one : show.journal) {
    now = fold(show.of, std::move(now), one);
    if (!std::holds_alternative<event::alert_raised>(one.what))
      expect_no_change(show.of, now, {one.what});
  }
}

TEST(a_run_that_is_read_in_the_middle_of_a_batch, waits_only_while_no_step_runs_or_is_due) {
  auto pair = make_stage("pair", role::production, {"a", "b"});
  pair.retry.attempts_max = 2;
  auto once = bad("pair", step_kind::prepare, "", fails_retryably());
  once.times = 2;
  const auto show = play(plan_for(bare_fleet({pair})), {{once}});
  // While `a` waits, `b` still runs.
  EXPECT_EQ(verdict(show.of, up_to_the<event::retry_scheduled>(show), asked_at).state,
            run_state::running);
  EXPECT_EQ(verdict(show.of, up_to_the<event::retry_scheduled>(show, 2), asked_at).state,
            run_state::waiting);
  EXPECT_EQ(verdict(show.of, up_to_the<event::retry_due>(show), asked_at).state,
            run_state::running);
}

TEST(a_run_that_is_read_in_the_middle_of_a_batch, knows_the_steps_that_run) {
  const auto show = patient_pair();
  const auto now = up_to_the<event::retry_due>(show);
  EXPECT_THAT(steps_running(show.of, now), IsEmpty());
  std::vector<std::string> running;
  for (const auto& one : steps_running(show.of, up_to_the<event::step_started>(show, 3)))
    running.push_back(one.phase + " " + std::string{to_string(one.kind)} + " " + one.target);
  EXPECT_THAT(running, ElementsAre("pre_flight resolve controller", "pre_flight lease a",
                                   "pre_flight inspect a"));
}

} // namespace

} // namespace baton::test
