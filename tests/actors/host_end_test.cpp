#include "actors/host/host.hpp"
#include "tests/actors/fake_house.hpp"
#include "tests/actors/fake_target.hpp"

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace baton {
namespace {

/// A host that has heard of a step and says nothing more.
class host_end_test : public testing::Test {
protected:
  host_end_test() {
    house_->network = target_;
    house_->secrets = std::make_shared<redactor>();
    house_->owner = "me";
    house_->build = [](const work_order&, const std::function<void(expected<job>)>& then) {
      job made;
      made.script = "true\n";
      then(made);
    };
    host_settings settings;
    settings.reach.to.name = "thinkpad";
    const timers clock{[this](duration wait, std::function<void()> what) {
                         if (wait == duration::zero())
                           posted_.push_back(std::move(what));
                       },
                       [] { return duration{0}; }};
    work_ = std::make_unique<host_work>(
        settings, house_, clock,
        [this](std::function<void()> what) { posted_.push_back(std::move(what)); }, others());
  }

  /// Hosts elsewhere, of which the ones in `lost_` are somebody else's.
  colleagues others() {
    colleagues made;
    made.whose = [this](const std::string& host, const whose_question&,
                        const std::function<void(bool)>& then) {
      asked_whose_.push_back(host);
      then(lost_.count(host) > 0);
    };
    return made;
  }

  /// The outcome of a step that changes a host of the plan from this one.
  std::optional<step_outcome> change_from_here(const char* host, bool resumed = false) {
    const auto todo = three_machine_plan();
    unit_id which = 0;
    while (todo->units[which].host != host)
      ++which;
    std::optional<step_outcome> outcome;
    work_->perform({todo,
                    {"rollback:" + std::string{host}, step_kind::restore_snapshot, which,
                     "thinkpad", 1, std::chrono::minutes{1}},
                    std::make_shared<run_facts>(),
                    resumed},
                   [&](const work_answer& one) { outcome = *one.outcome; });
    settle();
    return outcome;
  }

  void settle() {
    while (!posted_.empty()) {
      const auto first = std::move(posted_.front());
      posted_.pop_front();
      first();
    }
  }

  std::shared_ptr<fake_target> target_ = std::make_shared<fake_target>();
  std::shared_ptr<host_house> house_ = std::make_shared<host_house>();
  std::deque<std::function<void()>> posted_;
  std::set<std::string> lost_;
  std::vector<std::string> asked_whose_;
  std::unique_ptr<host_work> work_;
};

TEST_F(host_end_test, a_host_that_is_somebody_elses_is_not_changed_from_here) {
  lost_ = {"vps"};
  const auto outcome = change_from_here("vps");
  ASSERT_TRUE(outcome && outcome->why);
  EXPECT_EQ(outcome->why->code, ec::lease_lost);
  EXPECT_NE(outcome->why->what.find("the lease of vps is not this run's any more"),
            std::string::npos);
  EXPECT_TRUE(outcome->changed_nothing);
  EXPECT_EQ(asked_whose_, std::vector<std::string>{"vps"});
  EXPECT_TRUE(target_->asked().empty()) << "nothing was begun";
}

TEST_F(host_end_test, a_host_is_changed_from_here_once_it_is_known_to_be_ours) {
  EXPECT_FALSE(change_from_here("vps")) << "it has been asked for, and goes on";
  EXPECT_EQ(asked_whose_, std::vector<std::string>{"vps"});
  EXPECT_FALSE(target_->asked().empty());
}

TEST_F(host_end_test, what_an_earlier_process_has_begun_may_have_changed_something) {
  lost_ = {"vps"};
  const auto outcome = change_from_here("vps", true);
  ASSERT_TRUE(outcome && outcome->why);
  EXPECT_FALSE(outcome->changed_nothing);
}

TEST_F(host_end_test, a_lease_is_given_back_over_a_new_connection_where_the_old_one_is_dead) {
  const auto todo = three_machine_plan();
  unit_id thinkpad = 0;
  while (todo->units[thinkpad].host != "thinkpad")
    ++thinkpad;
  auto facts = std::make_shared<run_facts>();
  (*facts)[{step_kind::lease, thinkpad}]["fence"] = "1";
  std::vector<work_answer> answers;
  work_->perform(
      {todo,
       {"ending", step_kind::release_lease, thinkpad, "thinkpad", 1, std::chrono::minutes{1}},
       facts},
      [&](const work_answer& one) { answers.push_back(one); });
  settle();
  ASSERT_EQ(target_->asked(), std::vector<std::string>{"2 release"});
  target_->lose();
  settle();
  ASSERT_EQ(target_->asked(), std::vector<std::string>{"2 release"}) << "by a new control shell";
  target_->answer("2", "ok");
  settle();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers.front().outcome->why);
}

TEST_F(host_end_test, a_lease_that_was_asked_for_when_the_run_was_stopped_is_given_back) {
  const auto todo = three_machine_plan();
  unit_id thinkpad = 0;
  while (todo->units[thinkpad].host != "thinkpad")
    ++thinkpad;
  const auto facts = std::make_shared<run_facts>();
  std::vector<work_answer> answers;
  const auto order = [&](const char* phase, step_kind kind) {
    const event::step_started step{phase, kind, thinkpad, "thinkpad", 1, std::chrono::minutes{1}};
    work_->perform({todo, step, facts}, [&](const work_answer& one) { answers.push_back(one); });
    settle();
  };
  order("pre_flight", step_kind::lease);
  ASSERT_EQ(target_->asked(), std::vector<std::string>{"2 acquire"});
  work_->stop("run-1/pre_flight/thinkpad/1/lease");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers.front().outcome->changed_nothing);
  order("ending", step_kind::release_lease);
  ASSERT_EQ(target_->asked(), std::vector<std::string>{"3 release"});
  target_->answer("2", "ok mine 7");
  target_->answer("3", "no stale", "the lease belongs to run other");
  settle();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_FALSE(answers.back().outcome->why) << "it never was ours";
}

TEST_F(host_end_test, who_ends_while_a_step_is_asked_for_answers_nobody) {
  const auto todo = three_machine_plan();
  unit_id thinkpad = 0;
  while (todo->units[thinkpad].host != "thinkpad" || !todo->units[thinkpad].stack.empty())
    ++thinkpad;
  auto facts = std::make_shared<run_facts>();
  (*facts)[{step_kind::lease, thinkpad}]["fence"] = "1";
  const event::step_started step{"thinkpad", step_kind::prepare,     thinkpad + 1, "thinkpad",
                                 1,          std::chrono::minutes{1}};
  int answers = 0;
  work_->perform({todo, step, facts}, [&](const work_answer&) { ++answers; });
  settle();
  for (const auto& one : target_->asked())
    if (one.ends_with(" list"))
      target_->answer(one.substr(0, one.find(' ')), "ok");
  settle();
  const auto asked = target_->asked();
  ASSERT_TRUE(std::any_of(asked.begin(), asked.end(),
                          [](const auto& one) { return one.ends_with(" start"); }));
  work_.reset();
  EXPECT_EQ(answers, 0);
}

/// What it had started is gone with it, whatever its exit status says.
TEST_F(host_end_test, a_step_that_ended_well_while_it_was_killed_is_done_again) {
  const auto todo = three_machine_plan();
  unit_id thinkpad = 0;
  while (todo->units[thinkpad].host != "thinkpad" || todo->units[thinkpad].stack.empty())
    ++thinkpad;
  auto facts = std::make_shared<run_facts>();
  (*facts)[{step_kind::lease, thinkpad - 1}]["fence"] = "1";
  int answers = 0;
  work_->perform(
      {todo,
       {"rollback:thinkpad", step_kind::restore, thinkpad, "thinkpad", 1, std::chrono::minutes{1}},
       facts,
       true},
      [&](const work_answer&) { ++answers; });
  std::vector<std::string> all;
  const auto answer_each = [&] {
    settle();
    for (const auto& one : target_->asked()) {
      const auto id = one.substr(0, one.find(' '));
      const auto what = one.substr(one.find(' ') + 1);
      all.push_back(what);
      target_->answer(id, what == "start" ? "ok done 0 kill 0 0 0 0 0" : "ok");
    }
  };
  for (int round = 0; round < 12 && answers == 0; ++round)
    answer_each();
  EXPECT_EQ(std::count(all.begin(), all.end(), "start"), 2) << testing::PrintToString(all);
  EXPECT_EQ(std::count(all.begin(), all.end(), "forget"), 1);
}

} // namespace
} // namespace baton
