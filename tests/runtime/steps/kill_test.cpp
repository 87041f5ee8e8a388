#include "rig.hpp"

#include <csignal>
#include <fstream>

namespace baton::test {

using namespace std::chrono_literals;

class kill_of_a_step : public on_each_shell {
protected:
  /// Processes of this host beside the given control shell.
  std::size_t others(const conversation& host_shell) const {
    std::size_t count = 0;
    for (const auto pid : host.processes())
      count += pid != host_shell.pid() ? 1U : 0U;
    return count;
  }

  pid_t pid_in(const std::string& name) const {
    std::ifstream file{host.folder() / name};
    pid_t pid = 0;
    file >> pid;
    return pid;
  }
};

INSTANTIATE_TEST_SUITE_P(shell, kill_of_a_step, testing::ValuesIn(shells()),
                         [](const auto& each) { return each.param; });

// A shell that ignores TERM, its child that does too, a grandchild in the background.
const std::string stubborn = "trap '' TERM\n"
                             "sh -c 'trap \"\" TERM; sleep 301; sleep 302' &\n"
                             "( ( sleep 303; sleep 304 ) & )\n"
                             "echo begun\n"
                             "while :; do sleep 305; done\n";

TEST_P(kill_of_a_step, at_its_deadline_takes_the_whole_group) {
  conversation host_shell{host};
  auto what = look("r1/1", stubborn);
  what.deadline = 1s;
  what.grace = 1s;
  const auto began = clock::now();
  ASSERT_TRUE(host_shell.start(what));
  const auto report = host_shell.finish(what.id);
  EXPECT_EQ(report.state, step_state::done);
  EXPECT_EQ(report.signal, "KILL");
  EXPECT_TRUE(report.deadline_hit);
  EXPECT_FALSE(report.kill_asked);
  EXPECT_TRUE(report.gone());
  EXPECT_EQ(report.log, "begun\n");
  EXPECT_GE(clock::now() - began, 1s);
  EXPECT_TRUE(host_shell.until([&] { return others(host_shell) == 0; }, 5s));
}

TEST_P(kill_of_a_step, that_obeys_ends_it_with_term) {
  conversation host_shell{host};
  auto what = look("r1/1", "trap 'echo bye; exit 9' TERM; echo begun; sleep 300 & wait");
  what.grace = 30s;
  ASSERT_TRUE(host_shell.start(what));
  ASSERT_TRUE(host_shell.until([&] { return host_shell.poll(what.id)->log == "begun\n"; }));
  const auto killed = host_shell.kill_step(what.id);
  ASSERT_TRUE(killed);
  EXPECT_FALSE(killed->gone());
  const auto report = host_shell.finish(what.id);
  EXPECT_EQ(report.status, 9);
  EXPECT_TRUE(report.kill_asked);
  EXPECT_TRUE(report.gone());
  EXPECT_EQ(report.log, "begun\nbye\n");
  EXPECT_TRUE(host_shell.until([&] { return others(host_shell) == 0; }, 5s));
}

TEST_P(kill_of_a_step, finds_those_that_left_its_session) {
  conversation host_shell{host};
  auto what = look(
      "r1/1", "setsid sh -c 'trap \"\" TERM; echo $$ >\"$RIG/escaped\"; sleep 301; sleep 302' &\n"
              "until [ -s \"$RIG/escaped\" ]; do sleep 0.05; done; echo begun; sleep 300");
  what.grace = 1s;
  ASSERT_TRUE(host_shell.start(what));
  ASSERT_TRUE(host_shell.until([&] { return host_shell.poll(what.id)->log == "begun\n"; }));
  ASSERT_TRUE(host_shell.kill_step(what.id));
  const auto report = host_shell.finish(what.id);
  EXPECT_TRUE(report.gone());
  EXPECT_GT(pid_in("escaped"), 0);
  EXPECT_TRUE(host_shell.until([&] { return others(host_shell) == 0; }, 5s));
}

TEST_P(kill_of_a_step, leaves_other_steps_and_ended_ones_alone) {
  conversation host_shell{host};
  auto over = look("r1/1", "setsid sleep 300 >/dev/null 2>&1 & echo $! >\"$RIG/daemon\"");
  over.wait = 10s;
  ASSERT_EQ(host_shell.start(over)->state, step_state::done);
  auto other = look("r1/2", "echo begun; sleep 300");
  ASSERT_TRUE(host_shell.start(other));
  auto what = look("r1/3", "echo begun; sleep 300");
  ASSERT_TRUE(host_shell.start(what));
  ASSERT_TRUE(host_shell.until([&] { return !host_shell.poll(what.id)->log.empty(); }));
  ASSERT_TRUE(host_shell.kill_step(what.id));
  EXPECT_EQ(host_shell.finish(what.id).signal, "TERM");
  const auto ended = host_shell.kill_step(over.id);
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->gone());
  EXPECT_FALSE(ended->kill_asked);
  EXPECT_EQ(::kill(pid_in("daemon"), 0), 0) << "what a step left behind on purpose lives on";
  EXPECT_EQ(host_shell.poll(other.id)->state, step_state::running);
  EXPECT_EQ(host_shell.kill_step("r1/unknown")->state, step_state::absent);
}

TEST_P(kill_of_a_step, spares_the_tenth_when_it_is_the_first) {
  conversation host_shell{host};
  for (int i = 1; i <= 12; ++i) {
    auto what = look("r1/" + std::to_string(i), "echo begun; sleep 300");
    what.wait = 0ms;
    ASSERT_TRUE(host_shell.start(what));
  }
  ASSERT_TRUE(host_shell.until([&] { return !host_shell.poll("r1/12")->log.empty(); }));
  ASSERT_TRUE(host_shell.until([&] { return !host_shell.poll("r1/1")->log.empty(); }));
  ASSERT_TRUE(host_shell.kill_step("r1/1"));
  EXPECT_EQ(host_shell.finish("r1/1").signal, "TERM");
  for (int i = 2; i <= 12; ++i)
    EXPECT_EQ(host_shell.poll("r1/" + std::to_string(i))->state, step_state::running) << i;
}

TEST_P(kill_of_a_step, works_when_its_supervisor_was_killed) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  auto what = effect("r1/1", stubborn, fence);
  what.grace = 1s;
  ASSERT_TRUE(host_shell.start(what));
  ASSERT_TRUE(host_shell.until([&] { return host_shell.poll(what.id)->log == "begun\n"; }));
  // The claim ends with the supervisor's pid and start.
  std::string attempt;
  std::string boot;
  pid_t lead = 0;
  pid_t worker = 0;
  pid_t supervisor = 0;
  std::string lead_start;
  std::string worker_start;
  std::ifstream{host.state() / "fence" / ("e." + std::to_string(fence)) / "s.r1+1"} >> attempt
      >> boot >> lead >> lead_start >> worker >> worker_start >> supervisor;
  ASSERT_GT(supervisor, 0);
  ::kill(supervisor, SIGKILL);
  EXPECT_EQ(host_shell.poll(what.id)->state, step_state::running);
  ASSERT_TRUE(host_shell.kill_step(what.id));
  ASSERT_TRUE(host_shell.kill_step(what.id)) << "asking twice is harmless";
  const auto report = host_shell.finish(what.id);
  EXPECT_EQ(report.state, step_state::done);
  EXPECT_EQ(report.signal, "KILL");
  EXPECT_TRUE(report.kill_asked);
  EXPECT_TRUE(host_shell.until([&] { return others(host_shell) == 0; }, 5s));
}

TEST_P(kill_of_a_step, whose_waiter_was_killed_ends_as_lost) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  auto what = effect("r1/1", "echo begun; sleep 300", fence);
  what.grace = 1s;
  ASSERT_TRUE(host_shell.start(what));
  ASSERT_TRUE(host_shell.until([&] { return host_shell.poll(what.id)->log == "begun\n"; }));
  std::string attempt;
  std::string boot;
  pid_t lead = 0;
  std::ifstream{host.state() / "fence" / ("e." + std::to_string(fence)) / "s.r1+1"} >> attempt
      >> boot >> lead;
  ::kill(lead, SIGKILL);
  ASSERT_TRUE(host_shell.until([&] { return host_shell.poll(what.id)->orphan; }));
  ASSERT_TRUE(host_shell.kill_step(what.id));
  EXPECT_EQ(host_shell.finish(what.id).state, step_state::lost);
  EXPECT_EQ(host_shell.finish(what.id).state, step_state::lost);
  EXPECT_TRUE(host_shell.until([&] { return others(host_shell) == 0; }, 5s));
}

TEST_P(kill_of_a_step, is_not_needed_after_a_reboot) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  auto what = effect("r1/1", "sleep 300", fence);
  ASSERT_TRUE(host_shell.start(what));
  ASSERT_TRUE(host_shell.until(
      [&] { return host_shell.list("r1")->front().state == step_state::running; }));
  const auto claim = host.state() / "fence" / ("e." + std::to_string(fence)) / "s.r1+1";
  ASSERT_TRUE(host_shell.until([&] { return std::filesystem::exists(claim); }));
  std::string line;
  std::getline(std::ifstream{claim} >> std::ws, line);
  line.replace(line.find(' ') + 1, 36, "00000000-0000-0000-0000-000000000000");
  std::ofstream{claim} << line << '\n';
  const auto report = host_shell.poll(what.id);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->state, step_state::lost);
  EXPECT_TRUE(report->rebooted);
  EXPECT_FALSE(host_shell.start(what)->started);
}

} // namespace baton::test
