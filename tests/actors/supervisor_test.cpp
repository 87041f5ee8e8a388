#include "tests/actors/fake_house.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <gmock/gmock.h>

namespace baton {

namespace {

class supervisor_test : public actor_test {
protected:
  std::shared_ptr<memory_store> store = std::make_shared<memory_store>();
  std::shared_ptr<fake_world> world = std::make_shared<fake_world>();
  plan_ptr todo = three_machine_plan();
  std::vector<caf::actor> keepers, registries;
  result_ptr told;

  surroundings house() {
    surroundings made;
    made.make_keeper = [this] {
      auto one = spawn(keeper, store, std::vector<listener_actor>{});
      keepers.push_back(caf::actor_cast<caf::actor>(one));
      return one;
    };
    made.make_registry = [this] {
      auto one = spawn(fake_registry, world);
      registries.push_back(caf::actor_cast<caf::actor>(one));
      return one;
    };
    made.now = [this] {
      return time_point{
          std::chrono::duration_cast<duration>(sched.clock().now().time_since_epoch())};
    };
    made.dice = [] { return 0.5; };
    return made;
  }

  // Promises and handles keep actors alive, and the world outlives them.
  ~supervisor_test() override {
    for (const auto& all : {world->hosts, world->phases})
      for (const auto& one : all)
        self->send_exit(one, caf::exit_reason::kill);
    sched.run();
    world->hanging.clear();
    world->hosts.clear();
    world->phases.clear();
  }

  supervisor_actor begin_run(records_ptr so_far = nullptr) {
    auto made = spawn(supervisor, house(), todo, so_far);
    asked = spawn(asker, made, &told);
    sched.run();
    return made;
  }

  /// Lets time pass until the run has ended.
  void finish() {
    for (int i = 0; i < 200 && !told; ++i)
      advance(std::chrono::seconds{5});
    ASSERT_TRUE(told) << "the run hangs";
  }

  static caf::behavior asker(caf::event_based_actor* self, supervisor_actor whom,
                             result_ptr* into) {
    self->request(whom, caf::infinite, ask_result{})
        .then([into](const result_answer& answer) { *into = answer.result; },
              [](const caf::error&) {});
    return {[](int) {}};
  }

  static caf::behavior halt_asker(caf::event_based_actor* self, supervisor_actor whom, bool* into) {
    self->request(whom, caf::infinite, halt_order{})
        .then([into](const halt_order&) { *into = true; }, [](const caf::error&) {});
    return {[](int) {}};
  }

  static bool has(const std::vector<std::string>& ids, const std::string& part) {
    return std::any_of(ids.begin(), ids.end(),
                       [&](const std::string& id) { return id.find(part) != std::string::npos; });
  }

  caf::actor asked;
};

TEST_F(supervisor_test, a_good_release_reaches_every_host) {
  begin_run();
  finish();
  EXPECT_EQ(told->status, status::success);
  EXPECT_EQ(told->systems_deployed, (std::vector<std::string>{"thinkpad", "rtx1080", "vps"}));
  EXPECT_EQ(told->exit_code, 0);
}

TEST_F(supervisor_test, a_step_is_in_the_journal_before_its_target_hears_of_it) {
  int seen = 0;
  world->on_effect = [&](const work_order& order) {
    ++seen;
    EXPECT_TRUE(std::any_of(store->records.begin(), store->records.end(), [&](const record& one) {
      const auto* step = std::get_if<event::step_started>(&one.what);
      return step && step->phase == order.step.phase && step->kind == order.step.kind
             && step->of == order.step.of && step->attempt == order.step.attempt;
    })) << to_string(order.step.kind);
  };
  begin_run();
  finish();
  EXPECT_GT(seen, 10);
}

TEST_F(supervisor_test, nothing_is_started_any_more_when_the_journal_cannot_be_written) {
  world->on_effect = [&](const work_order& order) {
    if (order.step.kind == step_kind::activate)
      store->is_full = true;
  };
  begin_run();
  finish();
  EXPECT_FALSE(told->status) << "unfinished";
  EXPECT_EQ(told->exit_code, 75);
  EXPECT_EQ(told->why->code, ec::journal_failed);
  EXPECT_FALSE(has(world->done, "/gate"));
}

TEST_F(supervisor_test, a_verdict_that_is_not_durable_is_told_to_nobody) {
  store->refuses = [](const record& one) {
    return std::holds_alternative<event::run_finished>(one.what);
  };
  begin_run();
  finish();
  EXPECT_FALSE(told->status) << "unfinished";
  EXPECT_NE(told->state, run_state::finished);
  EXPECT_EQ(told->exit_code, 75);
  EXPECT_EQ(told->why->code, ec::journal_failed);
}

TEST_F(supervisor_test, a_cancel_stops_the_running_step_and_takes_its_phase_back) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::activate && order.step.target == "rtx1080";
  };
  auto run = begin_run();
  advance(std::chrono::seconds{1});
  caf::anon_send(run, event_t{event::cancel_requested{"SIGINT"}});
  finish();
  EXPECT_TRUE(has(world->stopped, "rtx1080"));
  EXPECT_EQ(told->status, status::rolled_back);
  EXPECT_TRUE(told->cancelled);
  EXPECT_EQ(told->exit_code, 130);
  EXPECT_EQ(world->runs["thinkpad"], "old");
}

TEST_F(supervisor_test, a_cancel_that_is_not_durable_is_not_told_as_done) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::activate && order.step.target == "rtx1080";
  };
  auto run = begin_run();
  advance(std::chrono::seconds{1});
  store->is_full = true;
  caf::anon_send(run, event_t{event::cancel_requested{"SIGINT"}});
  finish();
  EXPECT_FALSE(told->status);
  EXPECT_FALSE(told->cancelled);
  EXPECT_EQ(told->cancelled_by, "");
  ASSERT_FALSE(told->warnings.empty());
  EXPECT_THAT(told->warnings.back(), testing::HasSubstr("baton cancel "));
}

TEST_F(supervisor_test, a_halt_kills_what_runs_and_writes_no_word_of_it) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::activate && order.step.target == "rtx1080";
  };
  auto run = begin_run();
  advance(std::chrono::seconds{1});
  const auto before = store->records.size();
  const auto had = world->done.size();
  bool halted = false;
  spawn(halt_asker, run, &halted);
  advance(std::chrono::seconds{1});
  EXPECT_TRUE(halted);
  EXPECT_THAT(world->stopped, testing::ElementsAre("run-1/rtx1080/rtx1080/1/activate"));
  EXPECT_EQ(store->records.size(), before);
  caf::anon_send(run, event_t{event::cancel_requested{"too late"}});
  advance(std::chrono::minutes{1});
  EXPECT_EQ(store->records.size(), before) << "whoever goes on with it decides";
  EXPECT_EQ(world->done.size(), had);
  EXPECT_FALSE(told);
}

TEST_F(supervisor_test, a_cancel_that_came_before_the_halt_is_written_down) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::activate && order.step.target == "rtx1080";
  };
  auto run = begin_run();
  advance(std::chrono::seconds{1});
  caf::anon_send(run, event_t{event::cancel_requested{"baton cancel by me"}});
  bool halted = false;
  spawn(halt_asker, run, &halted);
  advance(std::chrono::seconds{1});
  EXPECT_TRUE(halted);
  EXPECT_EQ(std::count_if(store->records.begin(), store->records.end(),
                          [](const record& one) {
                            return std::holds_alternative<event::cancel_requested>(one.what);
                          }),
            1);
  EXPECT_FALSE(std::any_of(store->records.begin(), store->records.end(), [](const record& one) {
    return std::holds_alternative<event::rollback_started>(one.what);
  }));
}

TEST_F(supervisor_test, a_cancel_beside_the_last_end_is_not_written_behind_the_verdict) {
  supervisor_actor run;
  store->refuses = [&run](const record& one) {
    const auto* end = std::get_if<event::step_ended>(&one.what);
    if (end && end->kind == step_kind::release_lease)
      caf::anon_send(run, event_t{event::cancel_requested{"SIGINT"}});
    return false;
  };
  run = spawn(supervisor, house(), todo, nullptr);
  asked = spawn(asker, run, &told);
  finish();
  EXPECT_EQ(told->status, status::success);
  EXPECT_TRUE(std::holds_alternative<event::run_finished>(store->records.back().what));
}

TEST_F(supervisor_test, a_run_that_has_ended_has_nothing_to_halt) {
  auto run = begin_run();
  finish();
  bool halted = false;
  spawn(halt_asker, run, &halted);
  advance(std::chrono::seconds{1});
  EXPECT_TRUE(halted);
}

TEST_F(supervisor_test, a_step_that_had_begun_is_asked_for_as_such_and_can_be_stopped_at_once) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::activate && order.step.target == "rtx1080";
  };
  auto first = begin_run();
  advance(std::chrono::seconds{1});
  self->send_exit(first, caf::exit_reason::kill);
  sched.run();
  world->hanging.clear();
  std::vector<std::string> resumed;
  const auto hangs = world->hangs;
  world->hangs = [&](const work_order& order) {
    if (order.resumed)
      resumed.push_back(order.step.target);
    return hangs(order);
  };
  auto made =
      spawn(supervisor, house(), todo, std::make_shared<const std::vector<record>>(store->records));
  caf::anon_send(made, event_t{event::cancel_requested{"baton cancel by me"}});
  asked = spawn(asker, made, &told);
  finish();
  EXPECT_THAT(resumed, testing::ElementsAre("rtx1080"));
  EXPECT_TRUE(has(world->stopped, "rtx1080/1/activate"));
  EXPECT_EQ(told->status, status::rolled_back);
}

TEST_F(supervisor_test, a_phase_actor_that_dies_fails_its_step) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::prepare && order.step.target == "rtx1080";
  };
  begin_run();
  advance(std::chrono::seconds{1});
  ASSERT_FALSE(world->hanging.empty());
  self->send_exit(world->phases.back(), caf::exit_reason::kill);
  finish();
  EXPECT_EQ(told->status, status::rolled_back);
  EXPECT_EQ(told->why->code, ec::internal);
}

TEST_F(supervisor_test, a_host_actor_that_dies_fails_its_step) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::prepare && order.step.target == "rtx1080";
  };
  begin_run();
  advance(std::chrono::seconds{1});
  for (const auto& one : world->hosts)
    self->send_exit(one, caf::exit_reason::kill);
  finish();
  EXPECT_EQ(told->status, status::rolled_back);
}

TEST_F(supervisor_test, a_registry_that_dies_is_replaced) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::prepare && order.step.target == "rtx1080";
  };
  begin_run();
  advance(std::chrono::seconds{1});
  self->send_exit(registries.back(), caf::exit_reason::kill);
  finish();
  EXPECT_EQ(registries.size(), 2u);
  EXPECT_EQ(told->status, status::rolled_back);
}

TEST_F(supervisor_test, a_keeper_that_dies_is_replaced_and_nothing_is_written_twice) {
  world->on_effect = [&](const work_order& order) {
    if (order.step.kind == step_kind::activate && order.step.target == "thinkpad")
      self->send_exit(keepers.back(), caf::exit_reason::kill);
  };
  begin_run();
  finish();
  EXPECT_GE(keepers.size(), 2u);
  EXPECT_EQ(told->status, status::success);
  const auto begun =
      std::count_if(store->records.begin(), store->records.end(), [](const record& r) {
        return std::holds_alternative<event::run_requested>(r.what);
      });
  EXPECT_EQ(begun, 1);
}

TEST_F(supervisor_test, a_supervisor_that_dies_is_followed_by_one_that_reads_the_journal) {
  world->hangs = [](const work_order& order) {
    return order.step.kind == step_kind::activate && order.step.target == "rtx1080";
  };
  auto first = begin_run();
  advance(std::chrono::seconds{1});
  self->send_exit(first, caf::exit_reason::kill);
  sched.run();
  world->hangs = nullptr;
  world->hanging.clear();
  begin_run(std::make_shared<const std::vector<record>>(store->records));
  finish();
  EXPECT_EQ(told->status, status::success);
}

TEST_F(supervisor_test,
       the_leases_of_a_run_that_is_gone_on_with_are_kept_alive_from_its_first_moment) {
  world->hangs = [](const work_order& order) { return order.step.kind == step_kind::run_tests; };
  auto first = begin_run();
  advance(std::chrono::seconds{1});
  self->send_exit(first, caf::exit_reason::kill);
  sched.run();
  world->done.clear();
  begin_run(std::make_shared<const std::vector<record>>(store->records));
  // The tests still run, and nothing else is to be done on any host.
  std::sort(world->done.begin(), world->done.end());
  EXPECT_EQ(world->done, (std::vector<std::string>{"run-1/pre_flight/rtx1080/1/lease",
                                                   "run-1/pre_flight/thinkpad/1/lease",
                                                   "run-1/pre_flight/vps/1/lease"}));
  world->hangs = nullptr;
}

} // namespace

} // namespace baton
