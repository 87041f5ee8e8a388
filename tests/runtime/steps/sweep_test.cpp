#include "rig.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <thread>

namespace baton::test {

using namespace std::chrono_literals;

/// kill -9 of one process of a step at a random moment, then a second start at once.
class kill_sweep : public on_each_shell {
protected:
  static int points() {
    const char* wanted = std::getenv("BATON_KILL_POINTS");
    return wanted ? std::atoi(wanted) : 50;
  }

  static std::string executed(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/cmdline"};
    std::string words;
    std::getline(file, words, '\1');
    for (auto& c : words)
      c = c == '\0' ? ' ' : c;
    return words.substr(0, 40);
  }

  int times_run(const std::string& name) const {
    std::ifstream file{host.folder() / name};
    int count = 0;
    for (std::string line; std::getline(file, line);)
      ++count;
    return count;
  }
};

INSTANTIATE_TEST_SUITE_P(shell, kill_sweep, testing::ValuesIn(shells()),
                         [](const auto& each) { return each.param; });

TEST_P(kill_sweep, nothing_runs_twice_and_nothing_is_done_without_having_run) {
  const char* seed = std::getenv("BATON_SEED");
  std::mt19937 random{seed ? static_cast<unsigned>(std::atoi(seed)) : std::random_device{}()};
  std::map<step_state, int> ends;
  int lost_but_ran = 0;
  // How long a step takes here, to spread the kills over it.
  auto span = 0ms;
  {
    conversation host_shell{host};
    for (int i = 0; i < 3; ++i) {
      const auto began = clock::now();
      auto what = effect("warm/" + std::to_string(i), "exit 7", host_shell.acquire("warm")->fence);
      what.wait = 10s;
      ASSERT_EQ(host_shell.start(what)->status, 7);
      span = std::chrono::ceil<std::chrono::milliseconds>(clock::now() - began);
    }
    ASSERT_TRUE(host_shell.break_lease());
  }
  for (int point = 0; point < points(); ++point) {
    const auto name = "ran-" + std::to_string(point);
    const auto run = "r" + std::to_string(point);
    auto next = std::make_unique<conversation>(host);
    const auto fence = next->acquire(run)->fence;
    auto what = effect(run + "/1", "echo x >>\"$RIG/" + name + "\"; exit 7", fence);
    what.wait = 0ms;
    {
      conversation first{host};
      const auto bystander = next->pid();
      std::string killed = "nobody";
      const auto began = clock::now();
      const auto moment = std::chrono::microseconds{
          std::uniform_int_distribution<std::int64_t>{0, 1000 * span.count()}(random)};
      first.send(first.shell().start(what, [](const expected<step_report>&) {}));
      while (clock::now() < began + moment)
        first.until([] { return false; }, 1ms);
      // Any of them: control shell, S, L, C, W, the tools they run.
      auto running = host.processes();
      std::erase(running, bystander);
      if (!running.empty()) {
        const auto victim = running[random() % running.size()];
        killed = executed(victim);
        ::kill(victim, SIGKILL);
      }
      if (point % 2 == 0)
        first.kill();
      const auto again = next->start(what);
      ASSERT_TRUE(again) << describe(again.error());
      auto report = next->finish(what.id, 5s);
      // Absent: it never was claimed. A start is safe, and must work now.
      for (int attempt = 0;
           attempt < 5
           && (report.state == step_state::absent || report.state == step_state::refused);
           ++attempt) {
        ASSERT_EQ(times_run(name), 0) << "absent or refused, but it ran";
        ASSERT_TRUE(next->start(what));
        report = next->finish(what.id, 5s);
      }
      ++ends[report.state];
      const int ran = times_run(name);
      EXPECT_LE(ran, 1) << "ran twice at point " << point;
      if (report.state == step_state::done) {
        EXPECT_TRUE(report.status == 7 || report.status == 137) << report.status;
        if (report.status == 7) {
          EXPECT_EQ(ran, 1) << "done without having run at point " << point;
        }
      } else {
        EXPECT_EQ(report.state, step_state::lost)
            << to_string(report.state) << " at point " << point << ", killed " << killed;
        if (report.state != step_state::lost) {
          for (const auto pid : host.processes())
            std::cout << pid << ' ' << executed(pid) << '\n';
          std::cout << "--- " << killed << std::endl;
          if (std::system(
                  ("cd " + host.state().string() + "/effects/" + run
                   + "/*/*/ && ls -la && head -3 s me nap; ps -ef --forest | grep -a -B1 -A2 " + run
                   + "/")
                      .c_str())
              != 0)
            std::cout << "nothing there\n";
        }
        lost_but_ran += ran;
      }
      // What is over stays as it is.
      for (int look = 0; look < 3; ++look) {
        const auto later = next->poll(what.id);
        ASSERT_TRUE(later);
        EXPECT_EQ(later->state, report.state) << "changed its mind at point " << point;
        EXPECT_EQ(later->status, report.status);
      }
      EXPECT_EQ(times_run(name), ran) << "ran late at point " << point;
    }
    ASSERT_TRUE(next->release(run, fence));
  }
  std::cout << "done " << ends[step_state::done] << ", lost " << ends[step_state::lost]
            << " (of which " << lost_but_ran << " had run)\n";
  EXPECT_GT(ends[step_state::done], 0);
}

} // namespace baton::test
