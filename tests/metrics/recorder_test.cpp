#include "metrics/recorder.hpp"

#include "metrics/families.hpp"
#include "tests/metrics/played_run.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace baton {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Not;

const recorder::build_words build{"1.2.3", "abc"};
const time_point monday{std::chrono::milliseconds{1'700'000'000'000}};

/// The samples of an exposition by their name and labels as they are written.
std::map<std::string, double> samples_of(const std::string& exposition) {
  std::map<std::string, double> made;
  std::istringstream in{exposition};
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with('#')) {
      const auto space = line.rfind(' ');
      made[line.substr(0, space)] = std::stod(line.substr(space + 1));
    }
  return made;
}

/// Without what depends on the process that wrote it.
std::map<std::string, double> run_samples(const recorder& of) {
  auto made = samples_of(of.exposition());
  std::erase_if(made, [](const auto& one) {
    return one.first.starts_with("process_") || one.first.starts_with("baton_journal_");
  });
  return made;
}

class a_recorder : public testing::Test {
protected:
  void play(std::vector<record> records) {
    for (const auto& one : records)
      recorder_.apply(one);
  }

  double value(const std::string& series) const {
    const auto all = samples_of(recorder_.exposition());
    const auto found = all.find(series);
    EXPECT_NE(found, all.end()) << series;
    return found == all.end() ? -1 : found->second;
  }

  bool has(const std::string& series) const {
    return samples_of(recorder_.exposition()).contains(series);
  }

  recorder recorder_{build};
};

TEST_F(a_recorder, counts_a_good_run) {
  play(good_run("r1", monday));
  EXPECT_EQ(value(R"(baton_runs_total{fleet="lab",status="success"})"), 1);
  EXPECT_EQ(value(R"(baton_runs_total{fleet="lab",status="failed"})"), 0);
  EXPECT_EQ(value(R"(baton_run_duration_seconds_count{status="success"})"), 1);
  EXPECT_EQ(value(R"(baton_run_duration_seconds_sum{status="success"})"), 100);
  EXPECT_EQ(value(R"(baton_run_duration_seconds_bucket{status="success",le="60"})"), 0);
  EXPECT_EQ(value(R"(baton_run_duration_seconds_bucket{status="success",le="120"})"), 1);
  EXPECT_EQ(value(R"(baton_phase_duration_seconds_sum{phase="prod"})"), 30);
  EXPECT_EQ(value(R"(baton_phase_duration_seconds_count{phase="guard"})"), 1);
  EXPECT_EQ(value("baton_runs_in_progress"), 0);
  EXPECT_EQ(value(R"(baton_run_last_success_timestamp_seconds{fleet="lab"})"), 1'700'000'100);
  EXPECT_EQ(value(R"(baton_run_last_failure_timestamp_seconds{fleet="lab"})"), 0);
  EXPECT_EQ(value(R"(baton_phase_start_timestamp_seconds{fleet="lab"})"), 0);
  EXPECT_EQ(value(R"(baton_deployed_revision_info{fleet="lab",host="beta",revision="aaaa1111"})"),
            1);
  EXPECT_EQ(value(R"(baton_host_up{host="beta"})"), 1);
  EXPECT_EQ(value(R"(baton_lease_held{host="beta"})"), 0);
  EXPECT_EQ(value(R"(baton_actor_tasks_total{actor="host"})"), 11);
  EXPECT_EQ(value(R"(baton_actor_tasks_total{actor="phase"})"), 7);
  EXPECT_EQ(value(R"(baton_actor_tasks_total{actor="supervisor"})"), 1);
  EXPECT_EQ(value("baton_ssh_command_duration_seconds_count"), 10); // not the controller's
  EXPECT_EQ(value(R"(baton_snapshots_total{driver="btrfs",operation="create"})"), 1);
  EXPECT_EQ(value(R"(baton_health_checks_total{fleet="lab"})"), 4);
  EXPECT_EQ(value(R"(baton_health_check_failures_total{fleet="lab"})"), 0);
}

TEST_F(a_recorder, knows_the_phase_that_is_stuck_when_other_runs_come_and_go) {
  const auto series = R"(baton_phase_start_timestamp_seconds{fleet="lab"})";
  played_run stuck{"r1", monday};
  stuck.wait(5).begin("prod");
  play(stuck.records);
  EXPECT_EQ(value(series), 1'700'000'005);
  played_run refused{"r2", monday + std::chrono::minutes{10}};
  refused.begin("pre_flight").end("pre_flight", phase_outcome::failed);
  play(refused.finish(status::aborted, "c").records);
  EXPECT_EQ(value(series), 1'700'000'005);
  const auto before = stuck.records.size();
  stuck.end("prod").finish(status::success, "c");
  play({stuck.records.begin() + static_cast<std::ptrdiff_t>(before), stuck.records.end()});
  EXPECT_EQ(value(series), 0);
}

TEST_F(a_recorder, counts_a_phase_whose_looks_found_something_ill) {
  played_run run{"r1", monday};
  run.begin("verification").step("verification", step_kind::verify, 2, 1);
  run.end("verification", phase_outcome::failed);
  play(run.records);
  EXPECT_EQ(value(R"(baton_errors_total{fleet="lab",phase="verification",reason="unhealthy"})"), 1);
}

TEST_F(a_recorder, counts_what_went_wrong_and_why) {
  play(bad_run("r1", monday));
  EXPECT_EQ(value(R"(baton_runs_total{fleet="lab",status="failed"})"), 1);
  EXPECT_EQ(value(R"(baton_errors_total{fleet="lab",phase="prod",reason="connection_lost"})"), 1);
  EXPECT_EQ(value(R"(baton_errors_total{fleet="lab",phase="prod",reason="unhealthy"})"), 1);
  EXPECT_EQ(value(R"(baton_errors_total{fleet="lab",phase="rollback",reason="snapshot_failed"})"),
            1);
  EXPECT_EQ(value(R"(baton_rollbacks_total{fleet="lab"})"), 1);
  EXPECT_EQ(value(R"(baton_rollback_failures_total{fleet="lab"})"), 1);
  EXPECT_EQ(value(R"(baton_snapshot_failures_total{driver="btrfs",operation="rollback"})"), 1);
  EXPECT_EQ(value(R"(baton_health_check_failures_total{fleet="lab"})"), 1);
  EXPECT_EQ(value(R"(baton_actor_task_failures_total{actor="phase",reason="unhealthy"})"), 1);
  EXPECT_EQ(value(R"(baton_actor_task_failures_total{actor="supervisor",reason="unhealthy"})"), 1);
  EXPECT_EQ(value(R"(baton_lease_held{host="beta"})"), 1); // never released
  EXPECT_GT(value(R"(baton_run_last_failure_timestamp_seconds{fleet="lab"})"), 1'700'000'000);
}

TEST_F(a_recorder, tells_what_is_going_on) {
  auto records = good_run("r1", monday);
  records.resize(4); // the run, its first phase, a step
  play(records);
  EXPECT_EQ(value("baton_runs_in_progress"), 1);
  EXPECT_EQ(value(R"(baton_phase_start_timestamp_seconds{fleet="lab"})"), 1'700'000'000);
  EXPECT_EQ(value(R"(baton_lease_held{host="alpha"})"), 1);
  play(played_run{"r2", monday, small_fleet("other")}.records);
  EXPECT_EQ(value("baton_runs_in_progress"), 2);
}

TEST_F(a_recorder, knows_a_host_as_down_until_it_is_reached_again) {
  played_run run{"r1", monday};
  run.begin("prod").step("prod", step_kind::prepare, 4, 15, ec::unreachable);
  play(run.records);
  EXPECT_EQ(value(R"(baton_host_up{host="beta"})"), 0);
  EXPECT_EQ(value(R"(baton_host_last_contact_timestamp_seconds{host="beta"})"), 0);
  run.step("prod", step_kind::prepare, 4, 15, ec::image_missing);
  play({run.records.end() - 2, run.records.end()});
  EXPECT_EQ(value(R"(baton_host_up{host="beta"})"), 1);
  EXPECT_EQ(value(R"(baton_host_last_contact_timestamp_seconds{host="beta"})"), 1'700'000'030);
}

TEST_F(a_recorder, does_not_count_a_cancel_as_an_error) {
  play(played_run{"r1", monday}
           .begin("prod")
           .step("prod", step_kind::prepare, 4, 15, ec::cancelled)
           .records);
  for (const auto& [series, value] : samples_of(recorder_.exposition()))
    if (series.starts_with("baton_errors_total") || series.find("failures") != std::string::npos) {
      EXPECT_EQ(value, 0) << series;
    }
}

TEST_F(a_recorder, shows_one_revision_for_a_host) {
  play(good_run("r1", monday));
  play(bad_run("r2", monday));
  EXPECT_FALSE(has(R"(baton_deployed_revision_info{fleet="lab",host="beta",revision="aaaa1111"})"));
  EXPECT_EQ(value(R"(baton_deployed_revision_info{fleet="lab",host="beta",revision="bbbb2222"})"),
            1);
}

TEST_F(a_recorder, has_all_series_of_a_known_fleet_at_0_before_anything_happens) {
  recorder_.know(small_fleet());
  const auto before = samples_of(recorder_.exposition());
  EXPECT_EQ(before.at(R"(baton_errors_total{fleet="lab",phase="prod",reason="tests_failed"})"), 0);
  // What a run counts must have been there at 0: the first increase is none to Prometheus else.
  play(good_run("r1", monday));
  play(bad_run("r2", monday));
  for (const auto& [series, value] : samples_of(recorder_.exposition())) {
    const bool is_gauge =
        series.starts_with("baton_host_") || series.starts_with("baton_deployed_");
    EXPECT_TRUE(is_gauge || before.contains(series)) << series;
  }
}

TEST_F(a_recorder, counts_no_record_twice) {
  auto records = good_run("r1", monday);
  for (std::size_t i = 0; i < records.size(); ++i)
    records[i].seq = i + 1;
  play(records);
  play(records);
  EXPECT_EQ(value(R"(baton_runs_total{fleet="lab",status="success"})"), 1);
}

TEST_F(a_recorder, tells_what_this_process_does) {
  recorder_.know(small_fleet());
  recorder_.journal_written(std::chrono::microseconds{700}, true);
  recorder_.journal_written(std::chrono::milliseconds{20}, false);
  recorder_.log_counts({1, 2, 3, 4});
  recorder_.log_counts({1, 2, 3, 5});
  recorder_.ssh_connecting("alpha");
  recorder_.ssh_connected();
  recorder_.ssh_connecting("beta");
  recorder_.ssh_connect_failed("beta", ec::auth_failed);
  recorder_.ssh_received(1000);
  EXPECT_EQ(value("baton_journal_writes_total"), 2);
  EXPECT_EQ(value("baton_journal_write_failures_total"), 1);
  EXPECT_EQ(value(R"(baton_journal_write_duration_seconds_bucket{le="0.001"})"), 1);
  EXPECT_EQ(value(R"(baton_log_messages_total{level="error"})"), 5);
  EXPECT_EQ(value("baton_ssh_sessions"), 1);
  EXPECT_EQ(value(R"(baton_ssh_connects_total{host="beta"})"), 1);
  EXPECT_EQ(value(R"(baton_ssh_connect_failures_total{host="beta",reason="auth_failed"})"), 1);
  EXPECT_EQ(value("baton_ssh_received_bytes_total"), 1000);
  EXPECT_THAT(recorder_.exposition(), HasSubstr(R"(baton_build_info{)"));
  EXPECT_THAT(recorder_.exposition(), HasSubstr(R"(revision="abc",version="1.2.3"} 1)"));
  EXPECT_GT(value("process_resident_memory_bytes"), 1'000'000);
  EXPECT_GT(value("process_open_fds"), 2);
  const auto now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(value("process_start_time_seconds"), now, 120);
}

TEST_F(a_recorder, tells_of_actors) {
  recorder_.actor_began("host");
  recorder_.actor_broke("host");
  recorder_.actor_waited("host", 3);
  recorder_.actors_live(9);
  EXPECT_GT(value(R"(baton_actor_start_timestamp_seconds{actor="host"})"), 1'700'000'000);
  EXPECT_EQ(value(R"(baton_actor_start_timestamp_seconds{actor="keeper"})"), 0);
  EXPECT_EQ(value(R"(baton_actor_restarts_total{actor="host"})"), 1);
  EXPECT_EQ(value(R"(baton_actor_mailbox_messages{actor="host"})"), 3);
  EXPECT_EQ(value("baton_actors"), 9);
}

TEST_F(a_recorder, shows_how_long_a_run_waited_and_how_many_snapshots_are_left) {
  auto records = good_run("r1", monday);
  records.front().at += std::chrono::seconds{7};
  for (auto& one : records)
    if (auto* end = std::get_if<event::step_ended>(&one.what);
        end && end->kind == step_kind::create_snapshot)
      end->outcome.facts["retained"] = "3";
  play(records);
  EXPECT_EQ(value("baton_run_queue_duration_seconds_sum"), 7);
  EXPECT_EQ(value(R"(baton_snapshots_retained{host="beta"})"), 3);
}

TEST_F(a_recorder, is_used_by_several_threads) {
  recorder_.know(small_fleet());
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      play(good_run("r" + std::to_string(t), monday));
      recorder_.ssh_connecting("alpha");
      recorder_.exposition();
    });
  threads.clear();
  EXPECT_EQ(value(R"(baton_runs_total{fleet="lab",status="success"})"), 4);
}

class a_recorder_of_a_journal : public testing::Test {
protected:
  void write(std::vector<record> records) { ASSERT_TRUE(journal_.append(records)); }
  void write_first(std::vector<record> records, std::size_t count) {
    records.resize(count);
    write(records);
  }
  void write_rest(std::vector<record> records, std::size_t from) {
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(from));
    write(records);
  }

  journal journal_ = *journal::in_memory();
};

TEST_F(a_recorder_of_a_journal, counts_the_history_and_what_any_process_adds) {
  write(good_run("r1", monday));
  recorder one{build};
  ASSERT_TRUE(one.catch_up(journal_));
  write(good_run("r2", monday));
  ASSERT_TRUE(one.catch_up(journal_));
  ASSERT_TRUE(one.catch_up(journal_));
  EXPECT_EQ(run_samples(one).at(R"(baton_runs_total{fleet="lab",status="success"})"), 2);
}

fleet told_by_phone() {
  auto made = small_fleet();
  made.alerts.channels.emplace_back().name = "phone";
  made.alerts.channels.emplace_back().name = "team";
  return made;
}

std::vector<record> records_of(std::vector<event_t> events) {
  std::vector<record> made;
  for (auto& one : events) {
    made.emplace_back().at = monday;
    made.back().what = std::move(one);
  }
  return made;
}

TEST_F(a_recorder_of_a_journal, counts_a_try_again_only_where_one_follows_by_itself) {
  recorder one{build};
  one.know(told_by_phone());
  event::message_failed failed{"lab", "phone", "r1", 1, 0, 1, send_fault::server_error, "500", {}};
  auto refused = failed;
  refused.reason = send_fault::unauthorized;
  auto unreadable = failed;
  unreadable.reason = send_fault::misconfigured;
  write(records_of({failed, refused, unreadable}));
  ASSERT_TRUE(one.catch_up(journal_));
  const auto samples = run_samples(one);
  const std::string failures = R"(baton_notification_failures_total{channel="phone",reason=)";
  EXPECT_EQ(samples.at(failures + R"("server_error"})"), 1);
  EXPECT_EQ(samples.at(failures + R"("unauthorized"})"), 1);
  EXPECT_EQ(samples.at(failures + R"("misconfigured"})"), 1);
  EXPECT_EQ(samples.at(R"(baton_notification_retries_total{channel="phone"})"), 1);
}

TEST_F(a_recorder_of_a_journal, counts_what_waits_and_no_reminder_of_later) {
  auto of = told_by_phone();
  of.alerts.routes = {{{"run_finished"}, {severity::warning, severity::critical}, {"phone"}, {}}};
  of.alerts.repeat = std::chrono::hours{1'000'000}; // from `monday`: in another century
  recorder one{build};
  one.know(of);
  const std::string queued = R"(baton_notifications_queued{channel="phone"})";
  played_run run{"r1", monday, of};
  run.begin("prod").end("prod", phase_outcome::failed).finish(status::rolled_back, "aaaa1111");
  write(run.records);
  ASSERT_TRUE(one.catch_up(journal_));
  EXPECT_EQ(run_samples(one).at(queued), 1);
  const auto row = journal_.waiting_messages("lab")->front();
  write(records_of({event::message_sent{"lab", "phone", row.run, row.event, 0, 1, {}, {}, {}}}));
  ASSERT_EQ(journal_.waiting_messages("lab")->front().nth, 1) << "its reminder";
  ASSERT_TRUE(one.catch_up(journal_));
  EXPECT_EQ(run_samples(one).at(queued), 0);
}

TEST_F(a_recorder_of_a_journal, tells_which_channels_are_stopped) {
  recorder one{build};
  one.know(told_by_phone());
  const std::string stopped = "baton_notification_channel_stopped";
  EXPECT_EQ(run_samples(one).at(stopped + R"({channel="phone"})"), 0);
  write(records_of(
      {event::channel_stopped{"lab", "phone", send_fault::unauthorized, "401", "so", {}},
       event::channel_stopped{"lab", "gone", send_fault::unauthorized, "401", "so", {}}}));
  ASSERT_TRUE(one.catch_up(journal_));
  EXPECT_EQ(run_samples(one).at(stopped + R"({channel="phone"})"), 1);
  EXPECT_EQ(run_samples(one).at(stopped + R"({channel="team"})"), 0);
  EXPECT_FALSE(run_samples(one).contains(stopped + R"({channel="gone"})"))
      << "what baton.yaml does not name is no channel";
  write(records_of({event::channel_resumed{"lab", "phone", "baton alert test"}}));
  ASSERT_TRUE(one.catch_up(journal_));
  EXPECT_EQ(run_samples(one).at(stopped + R"({channel="phone"})"), 0);
}

TEST_F(a_recorder_of_a_journal, goes_on_from_what_was_saved_as_if_it_had_read_all) {
  // Saved in the midst of runs: their beginnings must not be counted twice, nor be missing.
  const auto good = good_run("r2", monday);
  const auto bad = bad_run("r3", monday);
  for (std::size_t cut = 1; cut + 1 < std::min(good.size(), bad.size()); ++cut) {
    journal_ = *journal::in_memory();
    write(bad_run("r1", monday));
    write_first(good, cut);
    write_first(bad, cut);
    recorder before{build};
    ASSERT_TRUE(before.catch_up(journal_));
    ASSERT_TRUE(before.save(journal_));
    write_rest(good, cut);
    write_rest(bad, cut);

    recorder after{build};
    after.know(small_fleet());
    ASSERT_TRUE(after.catch_up(journal_));
    recorder whole{build};
    whole.know(small_fleet());
    ASSERT_TRUE(journal_.rebuild()); // forgets what was saved
    ASSERT_TRUE(whole.catch_up(journal_));
    EXPECT_EQ(run_samples(after), run_samples(whole)) << cut;
  }
}

TEST_F(a_recorder_of_a_journal, misses_no_run_of_another_process_that_went_on_meanwhile) {
  auto mine = good_run("mine", monday);
  recorder one{build};
  ASSERT_TRUE(one.catch_up(journal_));
  for (std::size_t i = 0; i < mine.size(); ++i) {
    ASSERT_TRUE(journal_.append({&mine[i], 1}));
    one.apply(mine[i]);
    if (i == 3)
      write(bad_run("theirs", monday));
  }
  ASSERT_TRUE(one.save(journal_));
  EXPECT_EQ(run_samples(one).at(R"(baton_runs_total{fleet="lab",status="failed"})"), 1);
  EXPECT_EQ(run_samples(one).at(R"(baton_runs_total{fleet="lab",status="success"})"), 1);
  recorder next{build};
  ASSERT_TRUE(next.catch_up(journal_));
  EXPECT_EQ(run_samples(next), run_samples(one));
}

TEST_F(a_recorder_of_a_journal, reads_the_history_when_what_was_saved_does_not_fit) {
  write(good_run("r1", monday));
  for (const auto* state :
       {"", "{}", "[]", R"({"families": {"baton_old_total": []}, "revisions": []})",
        R"({"families": {"baton_run_duration_seconds":
                                [{"labels": {"status": "success"}, "value": [1, 2]}]},
                                "revisions": []})",
        R"({"families": {}, "revisions": [[1]]})"}) {
    ASSERT_TRUE(journal_.save_fold({"metrics", 2, 1, state}));
    recorder one{build};
    ASSERT_TRUE(one.catch_up(journal_));
    EXPECT_EQ(run_samples(one).at(R"(baton_runs_total{fleet="lab",status="success"})"), 1) << state;
  }
}

/// Every value in a document is in turn another, of one type after the other (`turn`), and every
/// object has one name more.
template <class See>
void damage_each(json& all, json& here, std::size_t& turn, const See& see) {
  const std::array others{json("x"), json::array({1, 2}), json{{"__x", "y"}}, json{}};
  do {
    ++turn;
  } while (others[turn % others.size()].type() == here.type());
  auto kept = std::exchange(here, others[turn % others.size()]);
  see(all.dump());
  here = std::move(kept);
  if (here.is_object() && here.size() > 0) {
    here["__more"] = "x";
    see(all.dump());
    here.erase("__more");
  }
  if (here.is_array() && !here.empty())
    damage_each(all, here.front(), turn, see); // the others are like it
  if (here.is_object())
    for (auto& inner : here)
      damage_each(all, inner, turn, see);
}

TEST_F(a_recorder_of_a_journal, folds_anew_whatever_is_damaged_of_what_was_saved) {
  write(good_run("r1", monday));
  write_first(good_run("r2", monday), 4);
  recorder before{build};
  ASSERT_TRUE(before.save(journal_));
  const auto right = run_samples(before);
  const auto saved = **journal_.load_fold("metrics");
  auto state = json::parse(saved.state);
  std::size_t ways = 0;
  std::size_t turn = 0;
  damage_each(state, state, turn, [&](const std::string& damaged) {
    ++ways;
    ASSERT_TRUE(journal_.save_fold({saved.name, saved.version, saved.seq, damaged}));
    recorder one{build};
    const auto done = one.catch_up(journal_);
    ASSERT_TRUE(done) << describe(done.error()) << damaged;
    EXPECT_EQ(run_samples(one), right) << damaged;
  });
  EXPECT_GT(ways, 100u);
}

TEST_F(a_recorder_of_a_journal, takes_no_fold_of_events_that_there_are_not) {
  write(good_run("r1", monday));
  ASSERT_TRUE(journal_.save_fold({"metrics", 2, 1000, "{}"}));
  recorder one{build};
  ASSERT_TRUE(one.save(journal_));
  EXPECT_EQ(one.summed().tasks_completed, 1);
  EXPECT_EQ((**journal_.load_fold("metrics")).seq, *journal_.last_seq()) << "mended";
}

TEST_F(a_recorder_of_a_journal, hands_on_what_processes_count_beside_the_events) {
  const auto connects = R"(baton_ssh_connects_total{host="alpha"})";
  const auto writes = "baton_journal_write_duration_seconds_count";
  recorder first{build};
  recorder beside{build};
  ASSERT_TRUE(first.catch_up(journal_));
  ASSERT_TRUE(beside.catch_up(journal_));
  first.ssh_connecting("alpha");
  first.journal_written(std::chrono::milliseconds{1}, true);
  beside.ssh_connecting("alpha");
  beside.ssh_connecting("alpha");
  ASSERT_TRUE(first.save(journal_));
  first.ssh_connecting("alpha");
  ASSERT_TRUE(beside.save(journal_));
  EXPECT_EQ(samples_of(beside.exposition()).at(connects), 3);
  ASSERT_TRUE(first.save(journal_));
  ASSERT_TRUE(first.save(journal_)) << "nothing is handed on twice";
  recorder next{build};
  ASSERT_TRUE(next.catch_up(journal_));
  EXPECT_EQ(samples_of(next.exposition()).at(connects), 4);
  EXPECT_EQ(samples_of(next.exposition()).at(writes), 1);
  ASSERT_TRUE(journal_.rebuild());
  recorder after{build};
  ASSERT_TRUE(after.catch_up(journal_));
  EXPECT_EQ(samples_of(after.exposition()).at(connects), 4) << "they are not made of events";
}

TEST_F(a_recorder_of_a_journal, shows_in_a_file_no_count_that_goes_back_later) {
  // Processes that count, write the one file, end in order, or are killed; in any order.
  const temp_folder folder;
  const auto file = folder / "baton.prom";
  std::map<std::string, double> last;
  std::vector<std::unique_ptr<recorder>> processes(3);
  std::mt19937 dice{7};
  const auto below = [&dice](std::size_t end) { return dice() % end; };
  const auto look = [&] {
    std::ifstream in{file};
    const auto now = samples_of({std::istreambuf_iterator<char>{in}, {}});
    for (const auto& [series, value] : last) {
      if (series.find("_total") == series.npos && series.find("_count") == series.npos
          && series.find("_sum") == series.npos && series.find("_bucket") == series.npos)
        continue;
      ASSERT_TRUE(now.contains(series)) << series;
      ASSERT_GE(now.at(series), value) << series;
    }
    last = now;
  };
  for (int turn = 0; turn < 600; ++turn) {
    auto& one = processes[below(processes.size())];
    if (!one) {
      one = std::make_unique<recorder>(build);
      ASSERT_TRUE(one->catch_up(journal_));
    }
    switch (below(5)) {
    case 0:
      one->ssh_connecting("alpha");
      one->ssh_received(1000);
      break;
    case 1:
      one->journal_written(std::chrono::milliseconds{3}, below(4) != 0);
      one->actor_broke("host");
      break;
    case 2:
      ASSERT_TRUE(one->hand_on(journal_));
      one->ssh_connecting("alpha"); // what is counted until the file is there is not in it
      ASSERT_TRUE(one->write_textfile(file));
      look();
      break;
    case 3:
      if (below(3) == 0) {
        ASSERT_TRUE(one->save(journal_));
      }
      break;
    default:
      if (below(3) == 0)
        one.reset();
    }
  }
  EXPECT_GT(last.at(R"(baton_ssh_connects_total{host="alpha"})"), 50);
}

TEST_F(a_recorder_of_a_journal, does_not_go_a_long_way_twice) {
  std::vector<record> many;
  for (int i = 0; i < 1000; ++i)
    for (auto& one : good_run("r" + std::to_string(i), monday))
      many.push_back(std::move(one));
  write(many);
  recorder one{build};
  ASSERT_TRUE(one.catch_up(journal_));
  const auto row = journal_.load_fold("metrics");
  ASSERT_TRUE(row && *row);
  EXPECT_EQ((*row)->seq, *journal_.last_seq());
  recorder next{build};
  ASSERT_TRUE(next.catch_up(journal_));
  EXPECT_EQ(next.summed().tasks_completed, 1000);
  EXPECT_EQ(next.summed().errors, 0);
}

TEST_F(a_recorder_of_a_journal, takes_no_tally_of_another_form) {
  for (const auto* state :
       {"", "{", "[]", R"({"baton_ssh_connects_total": [1]})",
        R"({"baton_old_total": [{"labels": {}, "value": [7]}]})",
        R"({"baton_ssh_received_bytes_total": [{"labels": {}, "value": [-7]}]})",
        R"({"baton_ssh_received_bytes_total": [{"labels": {}, "value": []}]})"}) {
    ASSERT_TRUE(journal_.update_tally("processes", [&](const std::string&) { return state; }));
    recorder one{build};
    EXPECT_TRUE(one.catch_up(journal_)) << state;
    EXPECT_EQ(samples_of(one.exposition()).at("baton_ssh_received_bytes_total"), 0) << state;
  }
}

TEST(a_textfile, is_replaced_at_once_and_readable_for_all) {
  temp_folder folder;
  recorder one{build};
  const auto file = folder / "baton.prom";
  std::ofstream{file} << "old";
  ASSERT_TRUE(one.write_textfile(file));
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_THAT(text, HasSubstr("baton_runs_in_progress 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("process_"))) << "node exporter has those of itself";
  struct stat there {};
  ASSERT_EQ(stat(file.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0644u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1);

  const auto nowhere = one.write_textfile(folder / "none/baton.prom");
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().what, HasSubstr("none/baton.prom"));
}

TEST(a_textfile, that_is_a_pipe_or_a_link_stays_one) {
  temp_folder folder;
  recorder one{build};
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_TRUE(one.write_textfile(pipe));
  char first[7] = {};
  EXPECT_EQ(::read(reader, first, 6), 6);
  EXPECT_STREQ(first, "# HELP");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));

  std::filesystem::create_symlink(folder / "there", folder / "link");
  std::ofstream{folder / "there"} << std::string(100'000, 'x');
  ASSERT_TRUE(one.write_textfile(folder / "link"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_LT(std::filesystem::file_size(folder / "there"), 100'000u);
}

TEST(the_families, have_the_names_that_are_known) {
  std::ifstream golden{BATON_METRICS_TESTS "/family_names.txt"};
  std::vector<std::string> known;
  for (std::string line; std::getline(golden, line);)
    known.push_back(line);
  std::vector<std::string> names;
  for (const auto& one : all_families())
    names.push_back(one.name);
  EXPECT_THAT(names, ElementsAreArray(known));
}

TEST(the_families, are_helped_by_one_plain_line_each) {
  recorder one{build};
  one.know(small_fleet());
  std::istringstream in{one.exposition()};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("# HELP")) {
      EXPECT_THAT(line, testing::EndsWith(".")) << line;
      EXPECT_THAT(line, Not(HasSubstr("\\"))) << line;
    }
}

TEST(the_exposition, of_a_run_is_as_promtool_wants_it) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool is not there (Debian package prometheus)";
  temp_folder folder;
  recorder one{build};
  one.know(small_fleet());
  for (const auto& run : {good_run("r1", monday), bad_run("r2", monday)})
    for (const auto& what : run)
      one.apply(what);
  ASSERT_TRUE(one.write_textfile(folder / "m.prom"));
  const auto said = folder / "said";
  const auto command =
      "promtool check metrics < " + (folder / "m.prom").string() + " > " + said.string() + " 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream in{said};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(status, 0) << text;
  EXPECT_EQ(text, "");
}

} // namespace
} // namespace baton
