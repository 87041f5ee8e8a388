#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// What a host's line says, and what follows from it.

namespace baton::test {

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

/// A plan of which all phases but one were left out, as for a single look.
plan only(plan of, const std::string& phase) {
  for (auto& one : of.phases)
    if (one.id != phase) {
      one.steps.clear();
      one.skipped = "not asked for";
    }
  of.ending.steps.clear();
  return of;
}

fleet two_stages() {
  return bare_fleet(
      {make_stage("first", role::staging, {"s"}), make_stage("prod", role::production, {"p"})});
}

fleet with_second_stack(fleet of) {
  auto& stacks = of.stages.back().stacks;
  stacks.push_back(stacks.front());
  stacks.back().name = "web";
  return of;
}

TEST(a_look_alone, compares_with_the_records_that_it_finds_itself) {
  staging with;
  with.first = [](host_model& hosts) {
    hosts.stack_at("rtx1080").last_good.clear();
    hosts.stack_at("vps").last_good = "older";
  };
  const auto show = play(only(plan_for(homelab()), "verification"), with);
  EXPECT_EQ(show.ends.hosts.at("thinkpad").serves, serves::old_release);
  // Nobody has recorded what is good: what runs is what there was.
  EXPECT_EQ(show.ends.hosts.at("rtx1080").serves, serves::old_release);
  EXPECT_EQ(show.ends.hosts.at("vps").serves, serves::mixed);
}

TEST(a_phase_that_is_left_out, is_not_begun_be_it_the_first) {
  const auto show = play(only(plan_for(homelab()), "verification"));
  EXPECT_FALSE(show.began("pre_flight"));
  EXPECT_EQ(show.details("pre_flight").outcome, phase_outcome::skipped);
  EXPECT_TRUE(show.began("verification"));
}

TEST(a_host_that_serves_another_release, is_neither_new_nor_old) {
  const auto show =
      play(plan_for(homelab()), {{bad("rtx1080", step_kind::gate, "rtx1080", fails()),
                                  bad("rollback:rtx1080", step_kind::restore, "", fails_half_way()),
                                  meanwhile("ending", step_kind::look, "rtx1080", [](auto& hosts) {
                                    hosts.stack_at("rtx1080").serving = {"third"};
                                  })}});
  EXPECT_EQ(show.row(), "failed · rtx1080 · none · o m o · 2");
}

TEST(a_host_that_serves_another_release, is_neither_new_nor_its_baseline) {
  staging with;
  with.first = [](host_model& hosts) { hosts.stack_at("p").last_good.clear(); };
  with.troubles = {meanwhile("ending", step_kind::look, "p",
                             [](auto& hosts) { hosts.stack_at("p").serving = {"third"}; }),
                   bad("prod", step_kind::gate, "p", fails())};
  EXPECT_EQ(play(plan_for(two_stages()), with).row(), "rolled_back · prod · none · o m · 2");
}

TEST(a_host_without_records, serves_the_old_release_while_it_is_not_touched) {
  staging with;
  with.first = [](host_model& hosts) { hosts.stack_at("p").last_good.clear(); };
  with.troubles = {bad("first", step_kind::gate, "s", fails())};
  EXPECT_EQ(play(plan_for(two_stages()), with).row(), "failed · first · none · o o · 1");
}

TEST(a_host_that_was_not_seen_before_it_was_touched, should_serve_what_its_record_says) {
  staging with;
  with.troubles = {bad("prod", step_kind::gate, "p", fails())};
  with.retells = [](const event::step_started& step, step_outcome& told) {
    if (step.kind == step_kind::inspect)
      told.view.reset();
  };
  EXPECT_EQ(play(plan_for(two_stages()), with).row(), "rolled_back · prod · none · o o · 1");
}

TEST(a_host_with_two_stacks, is_as_healthy_as_the_worse_of_them) {
  const auto of = plan_for(with_second_stack(two_stages()));
  const auto healthy = [&](std::optional<bool> app, std::optional<bool> web) {
    staging with;
    with.retells = [&](const event::step_started& step, step_outcome& told) {
      const auto& unit = of.units[step.of];
      if (told.view && unit.host == "p")
        told.view->healthy = unit.stack == "app" ? app : web;
    };
    return play(of, with).ends.hosts.at("p").healthy;
  };
  EXPECT_EQ(healthy(true, true), true);
  EXPECT_EQ(healthy(false, true), false);
  EXPECT_EQ(healthy(true, false), false);
  EXPECT_EQ(healthy(true, std::nullopt), true);
  EXPECT_EQ(healthy(std::nullopt, std::nullopt), std::nullopt);
}

TEST(a_host_that_falls_ill_at_the_end, needs_a_person_though_nothing_is_taken_back_there) {
  auto of = homelab();
  stage_of(of, "vps").on_failure.then = after_failure::stop;
  const auto show =
      play(plan_for(of), {{bad("vps", step_kind::gate, "vps", fails()),
                           meanwhile("ending", step_kind::look, "rtx1080",
                                     [](auto& hosts) { hosts.stack_at("rtx1080").ill = true; })}});
  EXPECT_EQ(show.row(), "partial_success · vps · thinkpad rtx1080 · n n o · 2");
  EXPECT_EQ(show.ends.hosts.at("rtx1080").healthy, false);
}

TEST(a_host_with_two_stacks, takes_back_only_the_one_that_was_touched) {
  auto once = bad("prod", step_kind::activate, "p", fails(ec::dirty));
  once.times = 1;
  const auto show = play(plan_for(with_second_stack(two_stages())), {{once}});
  EXPECT_EQ(show.row(), "rolled_back · prod · none · o o · 1");
  EXPECT_THAT(show.steps(step_kind::restore), ElementsAre("rollback:prod p", "rollback:first s"));
}

TEST(a_host_with_two_stacks, has_the_line_of_the_worse_of_them) {
  const auto of = plan_for(with_second_stack(two_stages()));
  staging with;
  with.troubles = {bad("prod", step_kind::gate, "p", fails())};
  with.retells = [&](const event::step_started& step, step_outcome& told) {
    if (step.phase == "ending" && told.view && of.units[step.of].stack == "web")
      told.view->releases = {"third"};
  };
  const auto mixed = play(of, with).ends.hosts.at("p");
  EXPECT_EQ(mixed.serves, serves::mixed);
  EXPECT_EQ(mixed.release, "third");
  EXPECT_EQ(mixed.stacks.at("app").serves, serves::old_release);
}

TEST(a_host_with_two_stacks, has_no_health_while_one_of_them_cannot_be_asked) {
  const auto of = plan_for(with_second_stack(two_stages()));
  for (const bool well : {true, false}) {
    staging with;
    with.retells = [&](const event::step_started& step, step_outcome& told) {
      const auto& unit = of.units[step.of];
      if (!told.view || unit.host != "p"
          || (step.phase != "verification" && step.phase != "ending"))
        return;
      told.view->healthy = well;
      if (unit.stack == "web")
        told.view.emplace();
    };
    const auto half = play(of, with).ends.hosts.at("p");
    EXPECT_EQ(half.healthy, well ? std::nullopt : std::optional{false});
  }
}

fleet with_a_verification_that_only_warns(fleet of) {
  of.verification.on_failure = {scope::none, status::partial_success, severity::warning,
                                after_failure::go_on};
  return of;
}

TEST(a_partial_success, needs_a_host_that_serves_the_new_release) {
  const auto of = plan_for(with_a_verification_that_only_warns(
      bare_fleet({make_stage("pair", role::production, {"a", "b"})})));
  const auto vanishes = [](const std::string& host) {
    return meanwhile("verification", step_kind::verify, host,
                     [host](auto& hosts) { hosts.at(host).reachable = false; });
  };
  EXPECT_EQ(play(of, {{vanishes("a")}}).row(), "partial_success · verification · b · ? n · 2");
  EXPECT_EQ(play(of, {{vanishes("a"), vanishes("b")}}).row(),
            "failed · verification · none · ? ? · 2");
}

TEST(a_partial_success, is_one_for_each_stage_that_was_given_up) {
  auto middle = make_stage("middle", role::public_facing, {"m"});
  auto last = make_stage("last", role::public_facing, {"l"});
  const auto of = plan_for(bare_fleet({make_stage("first", role::staging, {"s"}), middle, last}));
  EXPECT_EQ(play(of, {{bad("middle", step_kind::gate, "m", fails()),
                       bad("last", step_kind::gate, "l", fails())}})
                .row(),
            "partial_success · middle · s · n o o · 4");
}

// Blame, where a later failure is the worse one.

TEST(verification, blames_the_stage_whose_policy_is_the_worst_whoever_comes_first) {
  auto of = homelab();
  of.verification.rollback = verification_rollback::failing_stage;
  auto of_thinkpad = fails(ec::not_steady);
  of_thinkpad.why.what = "thinkpad stumbles";
  const auto show =
      play(plan_for(of), {{bad("verification", step_kind::verify, "rtx1080", fails()),
                           bad("verification", step_kind::verify, "thinkpad", of_thinkpad)}});
  EXPECT_EQ(show.row(), "failed · verification · vps · o o n · 1");
  EXPECT_EQ(show.ends.why->what, "thinkpad stumbles");
}

TEST(a_guard, blames_the_stage_whose_failure_means_more) {
  const auto of = plan_for(bare_fleet({make_stage("inner", role::production, {"z"}),
                                       make_stage("edge", role::public_facing, {"e"}),
                                       make_stage("late", role::production, {"l"})}));
  const auto show = play(of, {{bad("guard:late", step_kind::guard, "", fails(ec::unhealthy))}});
  // `e` is asked first and would stay a matter of its stage.
  EXPECT_EQ(show.row(), "rolled_back · inner · none · o o o · 1");
  EXPECT_EQ(show.details("inner").by, "guard");
  EXPECT_FALSE(show.began("late"));
}

TEST(a_guard, speaks_of_no_host_that_failed_in_a_phase_without_a_stage) {
  auto of = homelab();
  of.tests.on_failure = {scope::none, status::partial_success, severity::warning,
                         after_failure::go_on};
  of.tests.on = controller_name;
  auto broken = fails(ec::tests_failed);
  broken.why.target = controller_name;
  const auto show =
      play(plan_for(of), {{bad("tests", step_kind::run_tests, "", broken),
                           bad("guard:rtx1080", step_kind::guard, "thinkpad", fails())}});
  EXPECT_EQ(show.row(), "failed · thinkpad · none · o o o · 1");
  EXPECT_EQ(show.details("thinkpad").hosts.size(), 1U);
  // An alert is about a host, or about the run as such: the controller is no host.
  EXPECT_THAT(show.alerts()[0], AllOf(Field(&event::alert_raised::phase, "tests"),
                                      Field(&event::alert_raised::host, IsEmpty())));
}

TEST(notes_of_the_ending, are_warnings) {
  staging with;
  with.retells = [](const event::step_started& step, step_outcome& told) {
    if (step.kind == step_kind::settle && step.target == "vps")
      told.notes.emplace_back("an old image could not be removed");
  };
  EXPECT_THAT(play(plan_for(homelab()), with).ends.warnings,
              ElementsAre("vps: an old image could not be removed"));
}

TEST(checks, that_give_no_reason_are_named_without_one) {
  staging with;
  with.first = [](host_model& hosts) { hosts.ill_checks = {"vps"}; };
  with.retells = [](const event::step_started&, step_outcome& told) {
    for (auto& one : told.checks)
      one.why.clear();
  };
  EXPECT_THAT(play(plan_for(homelab()), with).ends.why->what,
              testing::EndsWith("check of vps does not answer: http https://example.org/"));
}

TEST(a_verdict, tells_what_hosts_serve_that_it_has_not_touched) {
  const auto show = play(plan_for(without_secrets()),
                         {{meanwhile("thinkpad", step_kind::prepare, "thinkpad",
                                     [](host_model& hosts) {
                                       hosts.stack_at("rtx1080").serving.clear();
                                       hosts.at("vps").reachable = false;
                                     }),
                           bad("thinkpad", step_kind::gate, "thinkpad", fails(ec::unhealthy))}});
  EXPECT_EQ(show.row(), "failed · thinkpad · none · o - ? · 1");
}

} // namespace

} // namespace baton::test
