#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// A run that is asked to stop, and one that cannot be finished.

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(cancel, means_the_policy_of_the_phase_in_progress) {
  const std::vector<std::tuple<std::string, step_kind, std::string>> cases{
      {"pre_flight", step_kind::inspect, "aborted, cancelled · pre_flight · none · o o o · 130"},
      {"secrets_sync", step_kind::save_secrets,
       "aborted, cancelled · secrets_sync · none · o o o · 130"},
      {"snapshots", step_kind::create_snapshot,
       "aborted, cancelled · snapshots · none · o o o · 130"},
      {"thinkpad", step_kind::prepare, "aborted, cancelled · thinkpad · none · o o o · 130"},
      {"thinkpad", step_kind::activate, "failed, cancelled · thinkpad · none · o o o · 130"},
      {"thinkpad", step_kind::gate, "failed, cancelled · thinkpad · none · o o o · 130"},
      {"guard:tests", step_kind::guard, "failed, cancelled · tests · none · o o o · 130"},
      {"tests", step_kind::run_tests, "failed, cancelled · tests · none · o o o · 130"},
      {"guard:rtx1080", step_kind::guard, "rolled_back, cancelled · rtx1080 · none · o o o · 130"},
      {"rtx1080", step_kind::prepare, "rolled_back, cancelled · rtx1080 · none · o o o · 130"},
      {"rtx1080", step_kind::gate, "rolled_back, cancelled · rtx1080 · none · o o o · 130"},
      {"guard:vps", step_kind::guard,
       "partial_success, cancelled · vps · thinkpad rtx1080 · n n o · 4"},
      {"vps", step_kind::gate, "partial_success, cancelled · vps · thinkpad rtx1080 · n n o · 4"},
      {"verification", step_kind::verify,
       "rolled_back, cancelled · verification · none · o o o · 130"},
  };
  for (const auto& [phase, kind, row] : cases) {
    const auto show = play(plan_for(homelab()), {{cancel_in(phase, kind, "SIGINT")}});
    EXPECT_EQ(show.row(), row) << phase << " " << to_string(kind);
    EXPECT_EQ(show.ends.why->code, ec::cancelled);
    EXPECT_EQ(show.details(show.ends.phase).outcome, phase_outcome::cancelled);
    for (const auto& alert : show.alerts()) {
      EXPECT_THAT(alert.text, testing::HasSubstr(": cancelled by SIGINT")) << phase;
      EXPECT_THAT(alert.text, testing::Not(testing::HasSubstr("failed: "))) << phase;
    }
    expect_secrets_fit(show);
  }
}

TEST(cancel, stops_every_running_step_once_and_waits_for_them) {
  const auto show =
      play(plan_for(homelab()), {{cancel_in("secrets_sync", step_kind::save_secrets, "SIGTERM")}});
  int stops = 0;
  for (const auto& one : show.journal)
    stops += std::holds_alternative<event::step_stopped>(one.what) ? 1 : 0;
  EXPECT_EQ(stops, 3);
  EXPECT_EQ(show.ends.exit_code, 143);
  EXPECT_EQ(show.details("secrets_sync").hosts.at("vps").outcome, phase_outcome::cancelled);
}

TEST(cancel, lets_nothing_go_on_that_waited_for_a_step_which_ended_well_all_the_same) {
  staging with{{cancel_in("secrets_sync", step_kind::sync_secrets, "SIGTERM")}};
  with.retells = [](const event::step_started& step, step_outcome& told) {
    if (step.kind == step_kind::sync_secrets)
      told.why.reset();
  };
  const auto show = play(plan_for(homelab()), with);
  EXPECT_EQ(show.row(), "aborted, cancelled · secrets_sync · none · o o o · 143");
  EXPECT_THAT(show.steps(step_kind::compare_secrets), testing::IsEmpty());
}

TEST(cancel, by_a_terminal_that_is_closed_has_the_exit_code_of_that_signal) {
  const auto show =
      play(plan_for(homelab()), {{cancel_in("secrets_sync", step_kind::save_secrets, "SIGHUP")}});
  EXPECT_EQ(show.ends.exit_code, 129);
}

TEST(cancel, by_a_command_is_no_signal) {
  const auto show = play(plan_for(homelab()),
                         {{cancel_in("tests", step_kind::run_tests, "baton cancel by ann")}});
  EXPECT_EQ(show.row(), "failed, cancelled · tests · none · o o o · 1");
  EXPECT_EQ(show.ends.cancelled_by, "baton cancel by ann");
}

TEST(cancel, during_a_rollback_lets_it_finish) {
  const auto show =
      play(plan_for(homelab()), {{bad("rtx1080", step_kind::gate, "rtx1080", fails()),
                                  cancel_in("rollback:rtx1080", step_kind::restore, "SIGINT")}});
  EXPECT_EQ(show.row(), "rolled_back · rtx1080 · none · o o o · 1");
}

TEST(cancel, during_the_rollback_of_the_vps_is_followed_by_no_later_phase) {
  const auto show =
      play(plan_for(homelab()), {{bad("vps", step_kind::gate, "vps", fails()),
                                  cancel_in("rollback:vps", step_kind::restore, "SIGINT")}});
  EXPECT_EQ(show.row(), "partial_success, cancelled · vps · thinkpad rtx1080 · n n o · 4");
  EXPECT_FALSE(show.began("verification"));
}

TEST(cancel, in_the_ending_changes_nothing) {
  const auto show = play(plan_for(homelab()), {{cancel_in("ending", step_kind::settle, "SIGINT")}});
  EXPECT_EQ(show.row(), "success · verification · thinkpad rtx1080 vps · n n n · 0");
}

TEST(cancel, of_a_phase_that_is_failing_already_leaves_the_failure_to_count) {
  auto of = homelab();
  auto one = make_stage("pair", role::public_facing, {"a", "b"});
  of = bare_fleet({make_stage("prod", role::production, {"p"}), one});
  const auto show =
      play(plan_for(of), {{bad("pair", step_kind::prepare, "a", fails(ec::image_missing)),
                           cancel_in("pair", "b", "SIGINT")}});
  EXPECT_EQ(show.row(), "partial_success, cancelled · pair · p · n o o · 4");
  EXPECT_EQ(show.ends.why->code, ec::image_missing);
  EXPECT_FALSE(show.began("verification"));
}

TEST(cancel, asked_twice_is_the_same_cancel) {
  const auto show =
      play(plan_for(homelab()), {{cancel_in("tests", step_kind::run_tests, "SIGINT"),
                                  cancel_in("tests", step_kind::run_tests, "SIGTERM")}});
  EXPECT_EQ(show.row(), "failed, cancelled · tests · none · o o o · 130");
}

record at_start(event_t what) {
  return {0, "run-1", time_point{}, 0.5, std::move(what)};
}

TEST(cancel, before_the_first_phase_is_one_of_the_first_phase) {
  const auto of = plan_for(homelab());
  auto now = fold(of, begin(of), at_start(event::run_requested{}));
  react(of, now, at_start(event::cancel_requested{"SIGINT"}));
  ASSERT_TRUE(now.finished);
  EXPECT_EQ(now.finished->status, status::aborted);
  EXPECT_EQ(now.finished->phase, "pre_flight");
  EXPECT_EQ(now.finished->exit_code, 130);
  EXPECT_EQ(now.finished->hosts.at("vps").serves, serves::unknown);
}

TEST(an_unfinished_run, has_no_status_and_says_how_far_it_is) {
  const auto of = plan_for(homelab());
  auto now = begin(of);
  EXPECT_EQ(verdict(of, now, time_point{}).state, run_state::queued);
  EXPECT_THAT(next(of, now, time_point{}, 0), IsEmpty());
  now = fold(of, std::move(now), at_start(event::run_requested{}));
  EXPECT_EQ(verdict(of, now, time_point{}).state, run_state::running);
  EXPECT_EQ(verdict(of, now, time_point{}).exit_code, 75);
  EXPECT_FALSE(verdict(of, now, time_point{}).status);
  bool rolling_back = false;
  staging with;
  with.troubles = {bad("tests", step_kind::run_tests, "", fails())};
  with.watch = [&](const played& show, const std::vector<record>& batch) {
    const auto so_far = verdict(show.of, show.now, batch.back().at);
    if (show.began("rollback:thinkpad") && !show.began("ending")) {
      EXPECT_EQ(so_far.state, run_state::rolling_back);
      EXPECT_EQ(so_far.phase, "tests");
      rolling_back = true;
    } else if (!show.now.finished) {
      EXPECT_EQ(so_far.state, run_state::running);
    }
    EXPECT_EQ(so_far.status.has_value(), show.now.finished != nullptr);
  };
  play(of, with);
  EXPECT_TRUE(rolling_back);
}

TEST(an_unfinished_run, does_not_know_what_a_host_serves_that_was_changed_and_not_looked_at) {
  int seen = 0;
  staging with;
  with.watch = [&](const played& show, const std::vector<record>& batch) {
    const auto* begun = std::get_if<event::step_started>(&batch.back().what);
    if (begun == nullptr || begun->kind != step_kind::activate || begun->target != "thinkpad")
      return;
    ++seen;
    const auto so_far = verdict(show.of, show.now, batch.back().at);
    EXPECT_EQ(so_far.hosts.at("thinkpad").serves, serves::unknown);
    EXPECT_FALSE(so_far.hosts.at("thinkpad").healthy);
    EXPECT_EQ(so_far.hosts.at("vps").serves, serves::old_release) << "nothing was done there";
  };
  play(plan_for(homelab()), with);
  EXPECT_GT(seen, 0);
}

TEST(an_unfinished_run, names_the_phase_it_is_in) {
  int seen = 0;
  staging with;
  with.watch = [&](const played& show, const std::vector<record>& batch) {
    const auto* step = std::get_if<event::step_started>(&batch.back().what);
    if (step == nullptr || step->phase != "rtx1080")
      return;
    EXPECT_EQ(verdict(show.of, show.now, batch.back().at).phase, "rtx1080");
    ++seen;
  };
  EXPECT_EQ(play(plan_for(homelab()), with).ends.state, run_state::finished);
  EXPECT_EQ(seen, 3);
}

} // namespace

} // namespace baton::test
