#include "cli/report/last_lines.hpp"
#include "cli/report/report.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

/// What a report says of runs that the rules themselves have decided.

namespace baton::test {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string joined_names(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ",") + name;
  return text;
}

/// `hosts phase step attempt/attempts code`, `!` where the verdict is by it.
std::string row_of(const reported_failure& one) {
  if (!one.cancelled_by.empty())
    return one.cancelled_by + " " + one.phase + (one.decided ? " !" : "");
  return joined_names(one.hosts) + " " + one.phase + " " + one.step + " "
         + std::to_string(one.attempt) + "/" + std::to_string(one.attempts_max) + " " + one.code
         + (one.decided ? " !" : "");
}

std::vector<std::string> rows_of(const run_report& of) {
  std::vector<std::string> rows;
  for (const auto& one : of.failures)
    rows.push_back(row_of(one));
  return rows;
}

using outputs = std::map<std::string, std::string>; ///< by a step's id without its run

run_report report_on(const plan& of, const std::vector<record>& records, const result& how,
                     const outputs& printed = {}, std::optional<int> worker = {}) {
  const auto read = [&](const std::string& id, std::size_t) {
    const auto found = printed.find(id.substr(of.run.size() + 1));
    return found == printed.end() ? std::string{} : found->second;
  };
  return make_report(of, story_of(of, records), how, read, worker);
}

run_report report_on(const played& show, const outputs& printed = {}) {
  EXPECT_EQ(show.stuck, "");
  return report_on(show.of, show.journal, show.ends, printed);
}

run_report report_on(const plan& of, const staging& with, const outputs& printed = {}) {
  return report_on(play(of, with), printed);
}

void vps_is_gone(host_model& hosts) {
  hosts.at("vps").reachable = false;
}

void rtx_falls_ill(host_model& hosts) {
  hosts.stack_at("rtx1080").new_is_bad = true;
}

// --- what failed first: the worked examples
// --------------------------------------------------------

TEST(a_report, of_a_good_run_has_nothing_to_tell) {
  const auto told = report_on(plan_for(homelab()), {});
  EXPECT_THAT(told.failures, IsEmpty());
  EXPECT_THAT(told.next, IsEmpty());
  EXPECT_THAT(told.look, IsEmpty());
  EXPECT_THAT(told.rolled_back, IsEmpty());
  EXPECT_THAT(told.not_touched, IsEmpty());
  EXPECT_THAT(told.hosts, SizeIs(3));
}

TEST(a_report, names_the_step_that_failed_where_nothing_was_touched_yet) {
  const auto told = report_on(plan_for(homelab()),
                              {{bad("vps", step_kind::prepare, "vps", fails(ec::image_missing))}});
  EXPECT_THAT(rows_of(told), ElementsAre("vps vps prepare 1/3 image_missing !"));
  EXPECT_THAT(told.rolled_back, IsEmpty());
  EXPECT_THAT(told.put_back, ElementsAre("vps"));
}

TEST(a_report, counts_the_last_attempt_alone_and_tells_of_a_rollback_that_is_impossible) {
  const auto told =
      report_on(plan_for(homelab()), {{meanwhile("vps", step_kind::prepare, "vps", vps_is_gone)}});
  const auto rows = rows_of(told);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0], "vps vps prepare 3/3 unreachable !");
  EXPECT_EQ(rows[1], "vps ending put_back_secrets 1/1 unreachable");
  ASSERT_THAT(told.not_rolled_back, SizeIs(1));
  EXPECT_EQ(told.not_rolled_back[0].host, "vps");
  EXPECT_TRUE(told.not_rolled_back[0].tried);
}

TEST(a_report, of_hosts_that_are_not_fit_has_them_all) {
  const auto told = report_on(plan_for(homelab()), {{}, vps_is_gone});
  const auto rows = rows_of(told);
  ASSERT_FALSE(rows.empty());
  EXPECT_THAT(rows[0], testing::StartsWith("vps pre_flight "));
  EXPECT_THAT(told.not_touched, ElementsAre("thinkpad", "rtx1080", "vps"));
}

TEST(a_report, of_a_guards_find_names_the_host_that_was_ill) {
  const auto told = report_on(
      plan_for(homelab()), {{meanwhile("guard:vps", step_kind::guard, "rtx1080", rtx_falls_ill)}});
  ASSERT_THAT(rows_of(told), SizeIs(1));
  EXPECT_THAT(rows_of(told)[0], testing::StartsWith("rtx1080 guard:vps guard 1/"));
  EXPECT_TRUE(told.failures[0].decided);
  EXPECT_EQ(told.failures[0].stage, "rtx1080");
  EXPECT_EQ(told.phase, "rtx1080");
  EXPECT_THAT(told.rolled_back, ElementsAre("thinkpad", "rtx1080"));
}

TEST(a_report, tells_what_failed_first_and_what_decided_apart) {
  const auto told =
      report_on(plan_for(homelab()),
                {{bad("vps", step_kind::gate, "vps", fails(ec::unhealthy)),
                  meanwhile("verification", step_kind::verify, "rtx1080", rtx_falls_ill)}});
  EXPECT_THAT(rows_of(told), ElementsAre("vps vps gate 1/3 unhealthy",
                                         "rtx1080 verification verify 1/1 unhealthy !"));
  EXPECT_EQ(told.phase, "verification");
  EXPECT_THAT(told.rolled_back, ElementsAre("thinkpad", "rtx1080", "vps"));
}

TEST(a_report, of_a_cancel_in_the_back_off_does_not_call_what_was_tried_again_a_failure) {
  const outputs printed{{"vps/vps/1/prepare", "no route to the registry\n"}};
  const auto told = report_on(plan_for(homelab()),
                              {{bad("vps", step_kind::prepare, "vps", fails_retryably()),
                                cancel_in("vps", "(back-off)", "SIGINT")}},
                              printed);
  EXPECT_THAT(rows_of(told), ElementsAre("SIGINT vps !"));
  EXPECT_EQ(told.cancelled_by, "SIGINT");
  // What it waited for is there all the same.
  ASSERT_THAT(told.outputs, SizeIs(1));
  EXPECT_THAT(told.outputs[0].lines, ElementsAre("no route to the registry"));
}

TEST(a_report, of_a_cancel_in_secrets_sync_says_whose_files_were_put_back) {
  const auto told =
      report_on(plan_for(homelab()), {{cancel_in("secrets_sync", "controller", "SIGINT")}});
  EXPECT_THAT(rows_of(told), ElementsAre("SIGINT secrets_sync !"));
  EXPECT_THAT(told.put_back, ElementsAre("thinkpad", "rtx1080", "vps"));
  EXPECT_THAT(told.rolled_back, IsEmpty());
}

TEST(a_report, of_a_rollback_that_fails_keeps_the_first_failure_first) {
  const auto told =
      report_on(plan_for(homelab()),
                {{bad("rtx1080", step_kind::gate, "rtx1080", fails(ec::unhealthy)),
                  bad("rollback:rtx1080", step_kind::restore, "rtx1080", fails_half_way()),
                  bad("rollback:rtx1080", step_kind::restore_snapshot, "rtx1080",
                      fails(ec::snapshot_failed))}});
  EXPECT_THAT(rows_of(told),
              ElementsAre("rtx1080 rtx1080 gate 1/1 unhealthy !",
                          "rtx1080 rollback:rtx1080 restore_snapshot 2/2 snapshot_failed"));
  ASSERT_THAT(told.not_rolled_back, SizeIs(1));
  EXPECT_EQ(told.not_rolled_back[0].host, "rtx1080");
  EXPECT_EQ(told.not_rolled_back[0].why, "snapshot_failed");
  EXPECT_THAT(told.rolled_back, ElementsAre("thinkpad"));
  EXPECT_THAT(told.next, Contains(Field(&advice::command, "baton health rtx1080")));
  EXPECT_THAT(told.look, Contains(Field(&advice::command, "baton snapshot list rtx1080")));
}

TEST(a_report, of_secrets_that_cannot_be_put_back_says_where) {
  const auto told =
      report_on(plan_for(homelab()),
                {{bad("secrets_sync", step_kind::compare_secrets, "vps", fails(ec::secrets_failed)),
                  bad("ending", step_kind::put_back_secrets, "rtx1080", fails(ec::no_space))}});
  EXPECT_THAT(rows_of(told), ElementsAre("vps secrets_sync compare_secrets 1/1 secrets_failed !",
                                         "rtx1080 ending put_back_secrets 1/1 no_space"));
  ASSERT_THAT(told.not_rolled_back, SizeIs(1));
  EXPECT_EQ(told.not_rolled_back[0].why, "no_space");
  EXPECT_THAT(told.put_back, ElementsAre("thinkpad", "vps"));
}

TEST(a_report, does_not_count_what_the_ending_goes_on_past) {
  const auto told =
      report_on(plan_for(homelab()), {{rtx_fails, bad("ending", step_kind::settle, "", fails())}});
  EXPECT_THAT(rows_of(told), ElementsAre("rtx1080 rtx1080 gate 1/1 step_failed !"));
  EXPECT_THAT(told.warnings, Contains(HasSubstr("settle did not work")));
}

TEST(a_report, of_a_lease_refusal_says_how_to_wait) {
  const auto told =
      report_on(plan_for(homelab()),
                {{bad("pre_flight", step_kind::lease, "rtx1080", fails(ec::lease_held))}});
  EXPECT_THAT(rows_of(told), ElementsAre("rtx1080 pre_flight lease 1/1 lease_held !"));
  ASSERT_THAT(told.next, SizeIs(2));
  EXPECT_EQ(told.next[0].command, "baton lease show");
  EXPECT_EQ(told.next[1].command, "baton deploy --queue");
}

TEST(a_report, of_a_host_that_is_anothers_by_now_says_that_nothing_was_tried) {
  const auto told =
      report_on(plan_for(homelab()),
                {{bad("rtx1080", step_kind::activate, "rtx1080", fails(ec::lease_lost))}});
  ASSERT_THAT(told.not_rolled_back, SizeIs(1));
  EXPECT_EQ(told.not_rolled_back[0].host, "rtx1080");
  EXPECT_FALSE(told.not_rolled_back[0].tried);
  EXPECT_EQ(told.not_rolled_back[0].why, "its lease is not this run's any more");
  ASSERT_THAT(told.next, Not(IsEmpty()));
  EXPECT_EQ(told.next[0].words, "see what rtx1080 serves: it is not this run's any more");
  EXPECT_EQ(told.next[0].command, "baton health rtx1080");
}

TEST(a_report, of_a_run_that_was_to_roll_nothing_back_says_what_was_left) {
  const auto told =
      report_on(plan_for(homelab(), no_rollback()),
                {{bad("verification", step_kind::verify, "rtx1080", fails(ec::unhealthy))}});
  std::vector<std::string> left;
  for (const auto& one : told.not_rolled_back) {
    EXPECT_FALSE(one.tried);
    left.push_back(one.host);
  }
  EXPECT_THAT(left, ElementsAre("thinkpad", "rtx1080", "vps"));
  EXPECT_THAT(told.rolled_back, IsEmpty());
}

TEST(a_report, of_hosts_that_fail_alike_tells_them_together) {
  const auto told =
      report_on(plan_for(bare_fleet({make_stage("pair", role::production, {"a", "b"})})),
                {{bad("pair", step_kind::gate, "", fails(ec::unhealthy))}},
                {{"pair/a/1/activate", "up\n"}, {"pair/b/1/activate", "up\n"}});
  EXPECT_THAT(rows_of(told), ElementsAre("a,b pair gate 1/1 unhealthy !"));
  ASSERT_THAT(told.outputs, SizeIs(1));
  EXPECT_THAT(told.outputs[0].hosts, ElementsAre("a", "b"));
}

TEST(a_report, has_a_block_for_each_host_that_printed_something_else) {
  const auto told =
      report_on(plan_for(bare_fleet({make_stage("pair", role::production, {"a", "b"})})),
                {{bad("pair", step_kind::gate, "", fails(ec::unhealthy))}},
                {{"pair/a/1/activate", "a1\na2\n"}, {"pair/b/1/activate", "b1\nb2\n"}});
  ASSERT_THAT(told.outputs, SizeIs(2));
  EXPECT_THAT(told.outputs[0].lines, ElementsAre("a1", "a2"));
  EXPECT_THAT(told.outputs[1].lines, ElementsAre("b1", "b2"));
}

TEST(a_report, does_not_take_an_attempt_that_was_followed_by_a_good_one_for_a_failure) {
  const auto once = limited(bad("vps", step_kind::prepare, "vps", fails_retryably()), 1);
  EXPECT_THAT(report_on(plan_for(homelab()), {{once}}).failures, IsEmpty());
  const auto told =
      report_on(plan_for(homelab()),
                {{once, bad("verification", step_kind::verify, "vps", fails(ec::unhealthy))}});
  EXPECT_THAT(rows_of(told), ElementsAre("vps verification verify 1/1 unhealthy !"));
}

TEST(a_report, of_a_host_that_is_away_does_not_ask_for_another_commit) {
  const auto told = report_on(
      plan_for(homelab()), {{bad("pre_flight", step_kind::lease, "vps", fails(ec::unreachable))}});
  std::vector<std::string> commands;
  for (const auto& one : told.next)
    commands.push_back(one.command);
  EXPECT_THAT(commands, ElementsAre("baton check --hosts", "baton deploy"));
}

TEST(a_report, of_a_stage_that_did_not_come_back_names_the_ways_to_go_on) {
  const auto told =
      report_on(plan_for(homelab()), {{meanwhile("vps", step_kind::activate, "vps", vps_is_gone)}});
  ASSERT_FALSE(told.not_rolled_back.empty());
  EXPECT_THAT(told.next, Contains(Field(&advice::command, "baton rollback --list")));
  EXPECT_THAT(told.next, Contains(Field(&advice::command, "baton retry " + told.run)));
}

TEST(a_report, begins_with_the_attempt_that_failed_first_where_they_failed_otherwise) {
  const auto first =
      limited(bad("vps", step_kind::activate, "vps", fails_retryably(ec::timed_out)), 1);
  const auto told = report_on(
      plan_for(homelab()), {{bad("vps", step_kind::activate, "vps", fails(ec::no_space)), first}});
  EXPECT_THAT(rows_of(told),
              ElementsAre("vps vps activate 1/3 timed_out", "vps vps activate 2/3 no_space !"));
  EXPECT_LT(told.failures[0].at, told.failures[1].at);
}

TEST(a_report, says_when_it_failed) {
  const auto show = play(plan_for(homelab()), {{rtx_fails}});
  const auto told = report_on(show);
  for (const auto& one : show.journal)
    if (const auto* end = std::get_if<event::step_ended>(&one.what);
        end && end->kind == step_kind::gate && end->phase == "rtx1080") {
      EXPECT_EQ(told.failures[0].at, one.at);
    }
  EXPECT_EQ(told.ended, show.journal.back().at);
}

/// Every step of the plan, failed for good by itself: that one is what failed first.
TEST(a_report, names_the_only_step_that_fails_whichever_it_is) {
  const auto of = plan_for(homelab());
  std::size_t steps = 0;
  for (const auto& phase : of.phases)
    for (const auto& step : phase.steps)
      for (const auto& on : step.on) {
        const auto& host = of.units[on.of].host;
        const auto show = play(of, {{bad(phase.id, step.kind, host, fails())}});
        const auto told = report_on(show);
        SCOPED_TRACE(phase.id + " " + std::string{to_string(step.kind)} + " " + host);
        ASSERT_NE(show.ends.status, status::success);
        ASSERT_FALSE(told.failures.empty());
        EXPECT_EQ(told.failures[0].phase, phase.id);
        EXPECT_EQ(told.failures[0].step, to_string(step.kind));
        EXPECT_THAT(told.failures[0].hosts, Contains(host));
        EXPECT_TRUE(told.failures[0].decided);
        EXPECT_FALSE(told.next.empty());
        ++steps;
      }
  EXPECT_GT(steps, 30U);
}

/// Every step of every phase cancelled: the wish is told, and is what decided.
TEST(a_report, tells_of_a_cancel_in_whichever_phase) {
  const auto of = plan_for(homelab());
  for (const auto& phase : of.phases) {
    if (phase.skipped)
      continue;
    SCOPED_TRACE(phase.id);
    staging with;
    with.cancels = [&](const std::string& id) {
      return std::string{id == phase.id ? "SIGTERM" : ""};
    };
    const auto show = play(of, with);
    const auto told = report_on(show);
    ASSERT_TRUE(show.ends.cancelled);
    ASSERT_THAT(rows_of(told), Contains("SIGTERM " + phase.id + " !"));
    EXPECT_EQ(rows_of(told)[0], "SIGTERM " + phase.id + " !");
  }
}

// --- unfinished
// ------------------------------------------------------------------------------------

/// Cut off behind each record: what is known is told, and how to go on.
TEST(a_report, of_a_run_that_was_cut_off_anywhere_says_what_is_known_and_how_to_go_on) {
  const auto show = play(plan_for(homelab()), {{rtx_fails}});
  std::size_t with_running = 0;
  for (std::size_t length = 1; length < show.journal.size(); ++length) {
    const std::vector<record> known{show.journal.begin(),
                                    show.journal.begin() + static_cast<std::ptrdiff_t>(length)};
    const auto story = story_of(show.of, known);
    const auto how = verdict(show.of, story.now, known.back().at);
    if (how.status)
      continue; // all but the last record of it
    const auto told = report_on(show.of, known, how);
    ASSERT_FALSE(told.next.empty());
    EXPECT_EQ(told.next.back().command, "baton resume " + show.of.run);
    EXPECT_FALSE(told.status);
    EXPECT_LE(told.failures.size(), 1U);
    with_running += std::size_t{!told.running.empty()};
  }
  EXPECT_GT(with_running, 20U);
}

TEST(a_report, of_a_run_that_somebody_works_at_does_not_say_to_resume_it) {
  const auto show = play(plan_for(homelab()));
  const std::vector<record> known{show.journal.begin(), show.journal.begin() + 5};
  const auto how = verdict(show.of, story_of(show.of, known).now, known.back().at);
  const auto told = report_on(show.of, known, how, {}, 4711);
  ASSERT_THAT(told.next, SizeIs(1));
  EXPECT_EQ(told.next[0].command, "baton cancel " + show.of.run);
  EXPECT_TRUE(told.under_way);
}

// --- the last lines
// --------------------------------------------------------------------------------

TEST(a_report, has_the_output_of_the_step_that_failed_or_of_the_one_before_it) {
  const auto of = plan_for(homelab());
  const staging with{{rtx_fails}};
  const outputs both{{"rtx1080/rtx1080/1/activate", "started\n"},
                     {"rtx1080/rtx1080/1/gate", "ill\n"},
                     {"thinkpad/thinkpad/1/activate", "fine\n"}};
  const auto own = report_on(of, with, both);
  ASSERT_THAT(own.outputs, SizeIs(1));
  EXPECT_EQ(own.outputs[0].step, "gate");
  EXPECT_THAT(own.outputs[0].lines, ElementsAre("ill"));
  EXPECT_EQ(own.next[0].command, "baton logs " + of.run + " --host rtx1080 --phase rtx1080");
  auto silent = both;
  silent.erase("rtx1080/rtx1080/1/gate");
  const auto before = report_on(of, with, silent);
  ASSERT_THAT(before.outputs, SizeIs(1));
  EXPECT_EQ(before.outputs[0].step, "activate");
  EXPECT_THAT(report_on(of, with).outputs, IsEmpty());
}

TEST(a_report, of_a_look_has_what_the_deployment_of_that_host_printed) {
  const auto told =
      report_on(plan_for(homelab()),
                {{bad("verification", step_kind::verify, "rtx1080", fails(ec::unhealthy))}},
                {{"rtx1080/rtx1080/1/activate", "out of memory\n"}});
  ASSERT_THAT(told.outputs, SizeIs(1));
  EXPECT_EQ(told.outputs[0].phase, "rtx1080");
  EXPECT_THAT(told.outputs[0].lines, ElementsAre("out of memory"));
}

TEST(a_report, of_many_hosts_reads_and_shows_a_few_and_names_the_rest) {
  std::vector<std::string> hosts;
  outputs printed;
  for (int n = 100; n < 200; ++n) {
    hosts.push_back("app-" + std::to_string(n));
    printed["apps/" + hosts.back() + "/1/gate"] =
        "this is " + hosts.back() + "\n" + std::string(30, '\n') + "end\n";
  }
  const auto told = report_on(plan_for(bare_fleet({make_stage("apps", role::staging, hosts)})),
                              {{bad("apps", step_kind::gate, "", fails(ec::unhealthy))}}, printed);
  EXPECT_THAT(told.failures, SizeIs(1));
  EXPECT_THAT(told.failures[0].hosts, SizeIs(100));
  EXPECT_THAT(told.outputs, SizeIs(outputs_max));
  EXPECT_EQ(told.outputs.size() + told.silent.size(), 100U);
}

TEST(the_last_lines, are_those_that_say_something) {
  EXPECT_THAT(last_lines("one\n\n  \ntwo\nthree", 2, false), ElementsAre("two", "three"));
  EXPECT_THAT(last_lines("one\n", 20, false), ElementsAre("one"));
  EXPECT_THAT(last_lines("", 20, false), IsEmpty());
  EXPECT_THAT(last_lines("\n\n\r\n", 20, false), IsEmpty());
}

TEST(the_last_lines, do_not_begin_in_the_middle_of_one) {
  EXPECT_THAT(last_lines("alf of a line\nwhole\n", 20, true), ElementsAre("whole"));
  EXPECT_THAT(last_lines("no end of it", 20, true), IsEmpty());
}

TEST(the_last_lines, are_what_a_terminal_would_show_in_the_end) {
  EXPECT_THAT(last_lines("10 %\r50 %\r100 %\ndone\r\n", 20, false), ElementsAre("100 %", "done"));
  EXPECT_THAT(last_lines("\x1b[31mred\x1b[0m\n\x1b]0;title\x07titled\n", 20, false),
              ElementsAre("red", "titled"));
}

TEST(the_last_lines, tell_the_same_again_and_again_once) {
  EXPECT_THAT(last_lines("a\nwait\nwait\nwait\nb\n", 20, false),
              ElementsAre("a", "wait (3 times)", "b"));
  EXPECT_THAT(last_lines("wait\nwait\nb\n", 2, false), ElementsAre("wait (2 times)", "b"));
}

TEST(the_last_lines, are_cut) {
  const auto lines = last_lines(std::string(10'000, 'x') + "\n", 20, false);
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0], std::string(output_columns_max - 1, 'x') + "…");
}

} // namespace

} // namespace baton::test
