#include "runtime/journal/journal.hpp"

#include "messages/json.hpp"
#include "tests/messages/random_value.hpp"
#include "tests/runtime/journal/journal_support.hpp"
#include "tests/support/temp_folder.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

class a_journal : public testing::Test {
protected:
  a_journal() : journal_(*journal::open(file_)) {}

  /// Something else changes the file behind our back.
  void tamper(const std::string& sql) {
    SQLite::Database db{file_.string(), SQLite::OPEN_READWRITE};
    db.exec(sql);
  }

  temp_folder folder_;
  std::filesystem::path file_ = folder_ / "deep/er/journal.db";
  journal journal_;
};

/// How many events another process sees, which then leaves.
int seen_from_outside(const std::filesystem::path& file) {
  const auto command = "sqlite3 '" + file.string() + "' 'SELECT count(*) FROM event'";
  int count = -1;
  if (auto* const told = ::popen(command.c_str(), "r")) {
    if (std::fscanf(told, "%d", &count) != 1)
      count = -1;
    ::pclose(told);
  }
  return count;
}

TEST_F(a_journal, that_its_process_opens_once_more_is_not_lost_to_another_that_leaves) {
  ASSERT_TRUE(write_all(journal_, requested("r1")));
  ASSERT_TRUE(journal::open(file_));
  EXPECT_EQ(seen_from_outside(file_), 1);
  ASSERT_TRUE(write_all(journal_, happened("r1", event::phase_started{"a"})));
  EXPECT_EQ(seen_from_outside(file_), 2);
  EXPECT_EQ(journal::open(file_)->events_after(0)->size(), 2u);
}

TEST_F(a_journal, is_made_for_its_owner_alone) {
  ASSERT_TRUE(write_all(journal_, requested("r1")));
  const auto mode = [](const std::filesystem::path& path) {
    struct stat there {};
    EXPECT_EQ(stat(path.c_str(), &there), 0) << path;
    return there.st_mode & 0777;
  };
  EXPECT_EQ(mode(folder_ / "deep"), 0700u);
  EXPECT_EQ(mode(folder_ / "deep/er"), 0700u);
  EXPECT_EQ(mode(file_), 0600u);
  EXPECT_EQ(mode(file_.string() + "-wal"), 0600u);
  EXPECT_EQ(mode(file_.string() + "-shm"), 0600u);
}

TEST_F(a_journal, takes_away_what_others_may_do_with_its_file) {
  ASSERT_EQ(chmod(file_.c_str(), 0644), 0);
  ASSERT_TRUE(journal::open(file_));
  struct stat there {};
  ASSERT_EQ(stat(file_.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0600u);
}

TEST_F(a_journal, waits_for_the_disk_at_each_commit) {
  EXPECT_EQ(journal_.last_seq(), 0u);
  SQLite::Database db{file_.string()};
  EXPECT_EQ(db.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST_F(a_journal, numbers_a_batch_in_its_order) {
  std::vector batch{requested("r1"), happened("r1", event::phase_started{"pre_flight"})};
  const auto numbers = journal_.append(batch);
  ASSERT_TRUE(numbers) << numbers.error().what;
  EXPECT_THAT(*numbers, ElementsAre(1, 2));
  EXPECT_EQ(batch[0].seq, 1u);
  EXPECT_EQ(batch[1].seq, 2u);
  std::vector more{happened("r1", event::phase_ended{"pre_flight", phase_outcome::ok})};
  EXPECT_THAT(*journal_.append(more), ElementsAre(3));
  EXPECT_EQ(*journal_.count("r1"), 3u);
  EXPECT_EQ(*journal_.count("r2"), 0u);
  EXPECT_EQ(*journal_.last_seq(), 3u);
}

TEST_F(a_journal, gives_back_every_event_also_after_it_was_closed) {
  random_value random{7};
  std::vector<record> written;
  for (std::size_t index = 0; index < std::variant_size_v<event_t>; ++index) {
    written.push_back(random_record(random, index));
    written.back().run = "r1";
  }
  ASSERT_TRUE(journal_.append(written));
  journal_ = *journal::in_memory();
  const auto again = journal::open(file_);
  ASSERT_TRUE(again) << again.error().what;
  const auto read = again->read_run("r1");
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->size(), written.size());
  for (std::size_t i = 0; i < read->size(); ++i) {
    EXPECT_EQ((*read)[i].seq, written[i].seq);
    EXPECT_EQ(dump(to_json((*read)[i])), dump(to_json(written[i])));
  }
  EXPECT_EQ(*again->verify(), written.size());
}

TEST_F(a_journal, is_followed_from_any_number_for_one_run_or_all) {
  ASSERT_TRUE(write_all(journal_, requested("a"), requested("b"),
                        happened("a", event::phase_started{"one"}),
                        happened("b", event::phase_started{"two"})));
  const auto numbers = [](const expected<std::vector<record>>& read) {
    std::vector<std::uint64_t> made;
    for (const auto& one : *read)
      made.push_back(one.seq);
    return made;
  };
  EXPECT_THAT(numbers(journal_.events_after(0)), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(numbers(journal_.events_after(1, 2)), ElementsAre(2, 3));
  EXPECT_THAT(numbers(journal_.events_after(1, 10, "b")), ElementsAre(2, 4));
  EXPECT_TRUE(journal_.events_after(4)->empty());
}

TEST_F(a_journal, tells_what_became_of_each_run) {
  step_outcome resolved;
  resolved.facts["commit"] = "abc123";
  ASSERT_TRUE(write_all(
      journal_, requested("r1", "lab", 1000), requested("r2", "home", 2000),
      requested("r3", "lab", 3000), happened("r1", event::phase_started{"pre_flight"}, 4000),
      happened("r1", event::step_ended{"pre_flight", step_kind::resolve, 0, 1, resolved}, 4100),
      happened("r2", event::rollback_started{"vps", scope::self, {0}}, 4200),
      happened("r2", event::cancel_requested{"SIGINT"}, 4300),
      finished("r3", status::success, verdict_of(serves::new_release, "x"), 5000)));

  const auto all = *journal_.runs();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].id, "r3");
  EXPECT_EQ(all[2].id, "r1");
  run_filter lab;
  lab.fleet = "lab";
  lab.count_max = 1;
  EXPECT_EQ(journal_.runs(lab)->size(), 1u);
  run_filter good;
  good.status = status::success;
  EXPECT_EQ(journal_.runs(good)->front().id, "r3");

  const auto unfinished = *journal_.unfinished_runs();
  ASSERT_EQ(unfinished.size(), 2u);
  EXPECT_EQ(unfinished[0].id, "r1");
  EXPECT_EQ(unfinished[0].phase, "pre_flight");
  EXPECT_EQ(unfinished[0].commit, "abc123");
  EXPECT_EQ(unfinished[0].last_at, at_ms(4100));
  EXPECT_EQ(unfinished[1].state, run_state::rolling_back);
  EXPECT_TRUE(unfinished[1].cancelled);

  const auto over = *journal_.find_run("r3");
  EXPECT_EQ(over.status, status::success);
  EXPECT_EQ(over.state, run_state::finished);
  EXPECT_EQ(over.exit_code, 0);
  EXPECT_EQ(over.finished_at, at_ms(5000));
  EXPECT_EQ(over.commit, "c0ffee");
  EXPECT_EQ(over.environment, "production");
  EXPECT_EQ(over.requested_by, "me@here");
}

TEST_F(a_journal, finds_a_run_by_the_beginning_of_its_id) {
  ASSERT_TRUE(write_all(journal_, requested("2026-aa"), requested("2026-ab"), requested("2026")));
  EXPECT_EQ(journal_.find_run("2026-aa")->id, "2026-aa");
  EXPECT_EQ(journal_.find_run("2026")->id, "2026");
  EXPECT_THAT(journal_.find_run("2026-a").error().what, HasSubstr("several runs"));
  EXPECT_EQ(journal_.find_run("%").error().code, ec::usage);
  EXPECT_EQ(journal_.find_run("").error().code, ec::usage);
}

TEST_F(a_journal, knows_what_each_host_serves_since_when) {
  ASSERT_TRUE(write_all(
      journal_, requested("r1"),
      finished("r1", status::success, verdict_of(serves::new_release, "rel1"), 5000),
      requested("r2"),
      finished("r2", status::rolled_back, verdict_of(serves::old_release, "rel1"), 6000)));
  auto one = **journal_.last_release("lab", "one", "app");
  EXPECT_EQ(one.release, "rel1");
  EXPECT_EQ(one.since, at_ms(5000));
  EXPECT_EQ(one.at, at_ms(6000));
  EXPECT_EQ(one.serves, serves::old_release);
  EXPECT_EQ(one.good_release, "rel1");
  EXPECT_EQ(one.run, "r2");

  // What cannot be asked keeps what was known of it.
  auto lost = verdict_of(serves::unknown, "", std::nullopt);
  ASSERT_TRUE(write_all(journal_, requested("r3"), finished("r3", status::failed, lost, 7000)));
  one = **journal_.last_release("lab", "one", "app");
  EXPECT_EQ(one.serves, serves::unknown);
  EXPECT_EQ(one.release, "rel1");
  EXPECT_EQ(one.healthy, std::nullopt);

  // A bad release that stayed is not good.
  ASSERT_TRUE(write_all(
      journal_, requested("r4"),
      finished("r4", status::failed, verdict_of(serves::new_release, "rel4", false), 8000)));
  one = **journal_.last_release("lab", "one", "app");
  EXPECT_EQ(one.release, "rel4");
  EXPECT_EQ(one.good_release, "rel1");
  EXPECT_EQ(one.good_commit, "commit-of-rel1");
  EXPECT_FALSE(*journal_.last_release("lab", "one", "proxy"));
  EXPECT_FALSE(*journal_.last_release("other", "one", "app"));
}

TEST_F(a_journal, keeps_what_was_deployed_new_when_a_run_has_only_looked) {
  const auto served_after = [this](const char* run, const char* release,
                                   std::vector<std::string> changed) {
    auto end = finished(run, status::aborted, verdict_of(serves::old_release, release));
    auto verdict = std::make_shared<result>(*std::get<event::run_finished>(end.what).result);
    verdict->changed = std::move(changed);
    end.what = event::run_finished{verdict};
    EXPECT_TRUE(write_all(journal_, requested(run), end));
    return (**journal_.last_release("lab", "one", "app")).serves;
  };
  ASSERT_TRUE(
      write_all(journal_, requested("r1"),
                finished("r1", status::success, verdict_of(serves::new_release, "rel1"), 5000)));
  EXPECT_EQ(served_after("r2", "rel1", {}), serves::new_release);
  EXPECT_EQ(served_after("r3", "rel0", {}), serves::old_release) << "somebody else was there";
  ASSERT_TRUE(
      write_all(journal_, requested("r4"),
                finished("r4", status::success, verdict_of(serves::new_release, "rel4"), 9000)));
  EXPECT_EQ(served_after("r5", "rel4", {"one"}), serves::old_release) << "it went back there";
}

TEST_F(a_journal, keeps_a_line_for_each_stack_of_a_host_and_names_failed_rollbacks) {
  auto end = finished("r1", status::failed, verdict_of(serves::none, ""));
  auto verdict = std::make_shared<result>(*std::get<event::run_finished>(end.what).result);
  auto& two = verdict->hosts["two"];
  two = verdict_of(serves::mixed, "");
  two.stacks["app"] = verdict_of(serves::new_release, "r");
  two.stacks["proxy"] = verdict_of(serves::unknown, "");
  verdict->rollback_failed = {"two"};
  end.what = event::run_finished{verdict};
  ASSERT_TRUE(write_all(journal_, requested("r1"), end));
  const auto hosts = *journal_.host_states("lab");
  ASSERT_EQ(hosts.size(), 3u);
  EXPECT_EQ(hosts[0].host + "/" + hosts[0].stack, "one/app");
  EXPECT_FALSE(hosts[0].rollback_failed);
  EXPECT_EQ(hosts[1].host + "/" + hosts[1].stack, "two/app");
  EXPECT_TRUE(hosts[1].rollback_failed);
  EXPECT_EQ(hosts[2].stack, "proxy");
  EXPECT_EQ(hosts[2].serves, serves::unknown);
}

TEST_F(a_journal, keeps_what_hosts_serve_when_only_secrets_were_brought) {
  auto deployed = finished("r1", status::failed, verdict_of(serves::new_release, "rel1"));
  auto verdict = std::make_shared<result>(*std::get<event::run_finished>(deployed.what).result);
  verdict->rollback_failed = {"one"};
  deployed.what = event::run_finished{verdict};
  auto part = finished("r2", status::success, verdict_of(serves::unknown, ""));
  auto synced = std::make_shared<result>(*std::get<event::run_finished>(part.what).result);
  phase_details skipped;
  skipped.outcome = phase_outcome::skipped;
  synced->details = {{"verification", skipped}};
  part.what = event::run_finished{synced};
  ASSERT_TRUE(write_all(journal_, requested("r1"), deployed, requested("r2"), part));
  const auto one = **journal_.last_release("lab", "one", "app");
  EXPECT_EQ(one.serves, serves::new_release);
  EXPECT_EQ(one.run, "r1");
  EXPECT_TRUE(one.rollback_failed);
}

TEST_F(a_journal, never_puts_an_older_fold_in_place_of_a_newer) {
  EXPECT_FALSE(*journal_.load_fold("metrics"));
  for (int i = 0; i < 7; ++i)
    ASSERT_TRUE(write_all(journal_, happened("r1", event::phase_started{"a"})));
  ASSERT_TRUE(journal_.save_fold({"metrics", 1, 99, "of events that there are not"}));
  ASSERT_TRUE(journal_.save_fold({"metrics", 1, 7, "{}"}));
  ASSERT_TRUE(journal_.save_fold({"metrics", 1, 5, "old"}));
  EXPECT_EQ((*journal_.load_fold("metrics"))->seq, 7u);
  ASSERT_TRUE(journal_.save_fold({"metrics", 2, 6, "other form"}));
  EXPECT_EQ((*journal_.load_fold("metrics"))->state, "other form");
}

TEST_F(a_journal, keeps_a_tally_that_is_changed_by_one_at_a_time) {
  EXPECT_EQ(*journal_.read_tally("t"), "");
  ASSERT_TRUE(journal_.update_tally("t", [](const std::string& so_far) { return so_far + "a"; }));
  ASSERT_TRUE(journal_.update_tally("t", [](const std::string& so_far) { return so_far + "b"; }));
  const auto broken = journal_.update_tally(
      "t", [](const std::string&) -> std::string { throw std::runtime_error{"not that"}; });
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().what, HasSubstr("not that"));
  ASSERT_TRUE(journal_.rebuild());
  EXPECT_EQ(*journal_.read_tally("t"), "ab") << "it is not made of events";
}

TEST_F(a_journal, knows_when_it_began) {
  EXPECT_FALSE(*journal_.begun_at());
  ASSERT_TRUE(write_all(journal_, requested("r1"), happened("r1", event::phase_started{"a"})));
  EXPECT_EQ(*journal_.begun_at(), journal_.events_after(0)->front().at);
}

TEST_F(a_journal, derives_the_same_again_from_its_events) {
  random_value random{11};
  for (int round = 0; round < 20; ++round) {
    const auto run = "r" + std::to_string(round);
    std::vector<record> batch{requested(run, round % 2 ? "a" : "b", round)};
    for (std::size_t index = 1; index < std::variant_size_v<event_t>; ++index) {
      batch.push_back(random_record(random, index));
      batch.back().run = run;
    }
    std::get<event::alert_raised>(batch[10].what).text = "not \xff UTF-8";
    ASSERT_TRUE(journal_.append(batch));
  }
  const auto before = *journal_.derived_rows();
  EXPECT_GT(before.size(), 40u);
  tamper("DELETE FROM run WHERE id = 'r3'; UPDATE run SET status = 'success', phase = 'x'; "
         "DELETE FROM outbox; DELETE FROM host_state WHERE host < 'm'");
  ASSERT_NE(*journal_.derived_rows(), before);
  ASSERT_TRUE(journal_.rebuild());
  EXPECT_EQ(*journal_.derived_rows(), before);
}

TEST_F(a_journal, knows_what_of_its_derived_tables_is_not_made_of_the_events) {
  ASSERT_TRUE(write_all(journal_, requested("r1"),
                        finished("r1", status::failed, verdict_of(serves::unknown, "a"))));
  EXPECT_THAT(*journal_.false_tables(), ElementsAre());
  const auto right = *journal_.derived_rows();
  const struct {
    const char* change;
    std::vector<std::string> tables;
  } cases[] = {
      {"UPDATE run SET status = 'success', exit_code = 0", {"run"}},
      {"DELETE FROM host_state; INSERT INTO attention SELECT 'r2', 'lab', 'production', 1, 1, "
       "'failed', '', NULL",
       {"host_state", "attention"}},
      {"DROP TABLE outbox", {"outbox"}},
      {"ALTER TABLE channel ADD COLUMN more TEXT; INSERT INTO channel (fleet, name) VALUES ('lab', "
       "'phone')",
       {"channel"}},
  };
  for (const auto& one : cases) {
    tamper(one.change);
    EXPECT_THAT(*journal_.false_tables(), UnorderedElementsAreArray(one.tables)) << one.change;
    ASSERT_TRUE(journal_.verify()) << "the events are right";
    const auto done = journal_.rebuild();
    ASSERT_TRUE(done) << describe(done.error()) << one.change;
    EXPECT_THAT(*journal_.false_tables(), ElementsAre()) << one.change;
    EXPECT_EQ(*journal_.derived_rows(), right) << one.change;
  }
}

TEST_F(a_journal, notices_that_its_file_is_another) {
  ASSERT_TRUE(write_all(journal_, requested("r1")));
  EXPECT_FALSE(journal_.is_replaced());
  std::filesystem::rename(file_, file_.string() + ".old");
  EXPECT_TRUE(journal_.is_replaced());
  const auto other = journal::open(file_);
  ASSERT_TRUE(other);
  EXPECT_TRUE(journal_.is_replaced());
  EXPECT_FALSE(other->is_replaced());
  EXPECT_FALSE(journal::in_memory()->is_replaced());
}

TEST_F(a_journal, does_not_let_what_happened_be_changed) {
  ASSERT_TRUE(write_all(journal_, requested("r1")));
  EXPECT_THROW(tamper("UPDATE event SET run = 'r2'"), SQLite::Exception);
  EXPECT_THROW(tamper("DELETE FROM event"), SQLite::Exception);
}

TEST_F(a_journal, names_the_first_event_that_was_changed_all_the_same) {
  ASSERT_TRUE(write_all(journal_, requested("r1"), happened("r1", event::phase_started{"a"}),
                        happened("r1", event::phase_started{"b"}),
                        happened("r1", event::phase_started{"c"})));
  tamper("DROP TRIGGER event_is_final; DROP TRIGGER event_stays");
  const struct {
    const char* change;
    const char* back;
    const char* told;
  } cases[] = {
      {"UPDATE event SET json = replace(json, '\"a\"', '\"x\"') WHERE seq = 2",
       "UPDATE event SET json = replace(json, '\"x\"', '\"a\"') WHERE seq = 2", "event 2 is not"},
      {"UPDATE event SET version = version + 4294967296 WHERE seq = 2",
       "UPDATE event SET version = version - 4294967296 WHERE seq = 2", "event 2 is not"},
      {"UPDATE event SET at = at + 1 WHERE seq = 3", "UPDATE event SET at = at - 1 WHERE seq = 3",
       "event 3 is not"},
      {"UPDATE event SET run = 'r2' WHERE seq = 4", "UPDATE event SET run = 'r1' WHERE seq = 4",
       "event 4 is not"},
      {"UPDATE event SET seq = 9 WHERE seq = 4", "UPDATE event SET seq = 4 WHERE seq = 9",
       "event 4 is missing"},
  };
  for (const auto& [change, back, told] : cases) {
    tamper(change);
    const auto verified = journal_.verify();
    ASSERT_FALSE(verified) << change;
    EXPECT_THAT(verified.error().what, HasSubstr(told));
    EXPECT_EQ(verified.error().code, ec::journal_failed);
    tamper(back);
    ASSERT_TRUE(journal_.verify()) << journal_.verify().error().what;
  }
  tamper("UPDATE event SET at = at + 1 WHERE seq = 2");
  EXPECT_FALSE(journal_.verify(1));
  EXPECT_TRUE(journal_.verify(2)) << "from the event behind it nothing was changed";
}

TEST_F(a_journal, of_a_newer_baton_is_refused) {
  tamper("PRAGMA user_version = 99");
  const auto again = journal::open(file_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ec::journal_failed);
  EXPECT_THAT(again.error().what, HasSubstr("newer Baton"));
  EXPECT_THAT(again.error().what, HasSubstr("schema 99"));
}

TEST_F(a_journal, with_an_event_of_a_newer_baton_says_so_when_it_is_read) {
  ASSERT_TRUE(write_all(journal_, requested("r1")));
  tamper("INSERT INTO event VALUES (2, 'r1', 1, 'conquered', 9, '{\"type\":\"conquered\"}', "
         "zeroblob(32), zeroblob(32))");
  const auto read = journal_.read_run("r1");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("event 2 cannot be read"));
}

TEST_F(a_journal, is_none_when_it_is_another_database_or_no_database) {
  const auto other = folder_ / "other.db";
  SQLite::Database{other.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec(
      "CREATE TABLE mine (x)");
  EXPECT_THAT(journal::open(other).error().what, HasSubstr("not a journal of Baton"));
  const auto text = folder_ / "text.db";
  std::ofstream{text} << std::string(5000, 'x');
  EXPECT_THAT(journal::open(text).error().what, HasSubstr("damaged or no journal"));
  EXPECT_THAT(journal::open(folder_.path()).error().what, HasSubstr("cannot open the journal"));
  EXPECT_THAT(journal::open(text / "below.db").error().what, HasSubstr("not a folder"));
}

TEST_F(a_journal, that_cannot_be_written_says_what_to_do) {
  const auto closed = folder_ / "closed";
  ASSERT_TRUE(std::filesystem::create_directory(closed));
  if (geteuid() == 0) {
    // Nothing is closed to root but what the kernel itself refuses.
    EXPECT_THAT(journal::open("/proc/baton/journal.db").error().what,
                HasSubstr("give this user the right to"));
    return;
  }
  ASSERT_EQ(chmod(closed.c_str(), 0500), 0);
  EXPECT_THAT(journal::open(closed / "journal.db").error().what,
              HasSubstr("check the owner and the mode"));
  ASSERT_EQ(chmod(closed.c_str(), 0700), 0);
}

TEST_F(a_journal, is_used_by_several_threads_at_once) {
  constexpr int threads = 4;
  constexpr int each = 25;
  std::vector<std::jthread> writers;
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([this, t] {
      for (int i = 0; i < each; ++i) {
        EXPECT_TRUE(
            write_all(journal_, happened("r" + std::to_string(t), event::phase_started{"p"})));
        EXPECT_TRUE(journal_.last_seq());
      }
    });
  writers.clear();
  EXPECT_EQ(*journal_.verify(), static_cast<std::uint64_t>(threads * each));
}

TEST(a_journal_in_memory, works_as_one_in_a_file) {
  auto made = journal::in_memory();
  ASSERT_TRUE(made) << made.error().what;
  ASSERT_TRUE(write_all(*made, requested("r1")));
  EXPECT_EQ(made->read_run("r1")->size(), 1u);
  EXPECT_EQ(*made->verify(), 1u);
}

TEST(a_journal_in_memory, refuses_nothing_and_changes_nothing_for_an_empty_batch) {
  auto made = journal::in_memory();
  EXPECT_TRUE(made->append({})->empty());
  EXPECT_EQ(*made->last_seq(), 0u);
}

} // namespace
} // namespace baton
