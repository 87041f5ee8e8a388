#include "rig.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <set>

namespace baton::test {

using namespace std::chrono_literals;

class lease : public on_each_shell {};

INSTANTIATE_TEST_SUITE_P(shell, lease, testing::ValuesIn(shells()),
                         [](const auto& each) { return each.param; });

TEST_P(lease, is_had_by_one_run_and_acquired_again_by_it) {
  conversation mine{host};
  conversation other{host};
  EXPECT_FALSE(mine.show()->holder);
  const auto first = mine.acquire("r1");
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->holder);
  const auto again = mine.acquire("r1");
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->holder);
  EXPECT_EQ(again->fence, first->fence);
  const auto held = other.acquire("r 2");
  ASSERT_TRUE(held);
  ASSERT_TRUE(held->holder);
  EXPECT_EQ(held->holder->run, "r1");
  EXPECT_EQ(held->holder->owner, R"({"user":"me","pid":1})");
  EXPECT_TRUE(held->holder->same_boot);
  ASSERT_TRUE(held->holder->heartbeat_age);
  EXPECT_LT(*held->holder->heartbeat_age, 60);
  EXPECT_EQ(held->fence, first->fence);
}

TEST_P(lease, raises_the_fence_each_time_and_at_least_as_far_as_asked) {
  conversation host_shell{host};
  const auto first = host_shell.acquire("r1")->fence;
  ASSERT_TRUE(host_shell.release("r1", first));
  ASSERT_TRUE(host_shell.release("r1", first)) << "nobody has it: nothing to do";
  EXPECT_FALSE(host_shell.show()->holder);
  const auto second = host_shell.acquire("r2")->fence;
  EXPECT_GT(second, first);
  // A snapshot set the host back; the journal knows better.
  EXPECT_EQ(host_shell.acquire("r2", 4711)->fence, 4711u);
  EXPECT_EQ(host_shell.acquire("r2", 5)->fence, 4711u);
  ASSERT_TRUE(host_shell.release("r2", 4711));
  EXPECT_EQ(host_shell.acquire("r3", 9000)->fence, 9000u);
}

TEST_P(lease, is_had_again_only_by_the_run_that_has_it) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  EXPECT_EQ(host_shell.acquire("r1", fence + 5, true)->fence, fence + 5);
  ASSERT_TRUE(host_shell.release("r1", fence + 5));
  const auto too_late = host_shell.acquire("r1", fence + 9, true);
  ASSERT_FALSE(too_late) << "somebody may have had it since";
  EXPECT_EQ(too_late.error().code, ec::lease_lost);
  EXPECT_FALSE(host_shell.show()->holder);
  const auto next = host_shell.acquire("r2")->fence;
  EXPECT_EQ(host_shell.acquire("r1", fence + 9, true).error().code, ec::lease_lost);
  EXPECT_EQ(host_shell.show()->fence, next);
}

TEST_P(lease, heartbeats_are_for_its_owner) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  EXPECT_TRUE(host_shell.heartbeat("r1", fence));
  const auto stranger = host_shell.heartbeat("r2", fence);
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code, ec::lease_lost);
  EXPECT_EQ(host_shell.heartbeat("r1", fence + 1).error().code, ec::lease_lost);
  EXPECT_EQ(host_shell.release("r2", fence).error().code, ec::lease_lost);
  EXPECT_TRUE(host_shell.show()->holder);
}

TEST_P(lease, is_taken_from_the_one_that_was_meant_and_from_nobody_else) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  for (const auto& [run, number] : {std::pair{"r2", fence}, std::pair{"r1", fence + 1}}) {
    const auto refused = host_shell.break_lease(run, number);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ec::lease_lost);
  }
  EXPECT_TRUE(host_shell.show()->holder);
  EXPECT_TRUE(host_shell.break_lease("r1", fence));
  EXPECT_FALSE(host_shell.show()->holder);
}

TEST_P(lease, that_was_broken_refuses_its_old_owner) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  const auto broken = host_shell.break_lease();
  ASSERT_TRUE(broken);
  ASSERT_TRUE(broken->holder);
  EXPECT_EQ(broken->holder->run, "r1");
  EXPECT_GT(broken->fence, fence);
  EXPECT_FALSE(host_shell.break_lease()->holder);
  EXPECT_EQ(host_shell.heartbeat("r1", fence).error().code, ec::lease_lost);
  auto what = effect("r1/p/rig/1/0", "echo ran", fence);
  what.wait = 10s;
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->state, step_state::refused);
  EXPECT_TRUE(report->fence_stale);
  EXPECT_EQ(host_shell.poll(what.id)->state, step_state::absent);
}

TEST_P(lease, tells_the_age_of_its_last_heartbeat_and_a_reboot) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  const auto folder = host.state() / "fence" / ("e." + std::to_string(fence));
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().filename().string().starts_with("b."))
      std::filesystem::rename(entry.path(),
                              folder
                                  / ("b.1." + host_shell.facts()->boot_id)); // a second after boot
  const auto held = host_shell.show();
  ASSERT_TRUE(held->holder->heartbeat_age);
  EXPECT_GE(*held->holder->heartbeat_age, host_shell.facts()->uptime_seconds - 1);
  std::filesystem::rename(folder / ("b.1." + host_shell.facts()->boot_id),
                          folder / "b.1.another-boot");
  std::ofstream{folder / "lease"} << "r1\n{}\n" << fence << " 1.another-boot\n";
  const auto rebooted = host_shell.show();
  EXPECT_FALSE(rebooted->holder->heartbeat_age);
  EXPECT_FALSE(rebooted->holder->same_boot);
}

TEST_P(lease, of_an_empty_file_is_held_until_it_is_broken) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  std::ofstream{host.state() / "fence" / ("e." + std::to_string(fence)) / "lease"};
  const auto held = host_shell.acquire("r2");
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->holder);
  ASSERT_TRUE(host_shell.break_lease());
  EXPECT_FALSE(host_shell.acquire("r2")->holder);
}

TEST_P(lease, of_an_empty_file_can_be_taken_from_nobody_knows_whom) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  std::ofstream{host.state() / "fence" / ("e." + std::to_string(fence)) / "lease"};
  const auto held = host_shell.show();
  ASSERT_TRUE(held->holder);
  EXPECT_FALSE(host_shell.take("r2", held->holder->run, held->fence)->holder);
}

/// The owner's last sign of life is so many seconds old, by the host's uptime.
void grow_silent(const host_rig& host, std::uint64_t fence, const shell_facts& facts,
                 std::int64_t seconds) {
  const auto folder = host.state() / "fence" / ("e." + std::to_string(fence));
  const auto then = std::to_string(static_cast<std::int64_t>(facts.uptime_seconds) - seconds) + "."
                    + facts.boot_id;
  std::ofstream{folder / "lease"} << "r1\n{\"user\":\"old\"}\n" << fence << " " << then << "\n";
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().filename().string().starts_with("b."))
      std::filesystem::rename(entry.path(), folder / ("b." + then));
}

TEST_P(lease, is_taken_from_an_owner_that_has_been_silent_for_so_long) {
  conversation old{host};
  conversation next{host};
  const auto fence = old.acquire("r1")->fence;
  ASSERT_TRUE(old.start(effect("r1/p/rig/1/0", "sleep 600", fence)));
  const auto lives = next.take("r2", "r1", fence, 60);
  ASSERT_TRUE(lives);
  ASSERT_TRUE(lives->holder) << "it has just given a sign of life";
  EXPECT_EQ(lives->fence, fence);
  grow_silent(host, fence, *next.facts(), 1000);
  EXPECT_GE(next.show()->holder->silent, 1000);
  const auto taken = next.take("r2", "r1", fence, 900);
  ASSERT_TRUE(taken);
  ASSERT_FALSE(taken->holder);
  EXPECT_GT(taken->fence, fence);
  ASSERT_EQ(taken->to_end.size(), 1u);
  EXPECT_EQ(taken->to_end[0].run, "r1");
  EXPECT_EQ(taken->to_end[0].owner, R"({"user":"old"})");
  // It comes back, and everything of it is refused.
  EXPECT_EQ(old.heartbeat("r1", fence).error().code, ec::lease_lost);
  EXPECT_EQ(old.release("r1", fence).error().code, ec::lease_lost);
  auto late = effect("r1/p/rig/1/1", "echo ran", fence);
  late.wait = 10s;
  EXPECT_TRUE(old.start(late)->fence_stale);
  // What it had begun is known until somebody has ended it.
  EXPECT_EQ(next.acquire("r2")->to_end.size(), 1u);
  ASSERT_TRUE(next.kill_step("r1/p/rig/1/0"));
  EXPECT_TRUE(next.finish("r1/p/rig/1/0").gone());
  ASSERT_TRUE(next.ended("r2", taken->fence, "r1"));
  EXPECT_TRUE(next.acquire("r2")->to_end.empty());
}

TEST_P(lease, is_not_taken_when_it_is_another_than_was_meant) {
  conversation owner{host};
  conversation next{host};
  const auto first = owner.acquire("r1")->fence;
  ASSERT_TRUE(owner.release("r1", first));
  const auto second = owner.acquire("r1")->fence;
  EXPECT_TRUE(next.take("r2", "r1", first)->holder) << "of an earlier lease of the same run";
  EXPECT_TRUE(next.take("r2", "r9", second)->holder) << "of another run";
  EXPECT_EQ(next.show()->holder->run, "r1");
  ASSERT_TRUE(owner.heartbeat("r1", second));
  ASSERT_TRUE(owner.release("r1", second));
  EXPECT_FALSE(next.take("r2", "r1", second)->holder) << "free meanwhile: had like any other";
}

TEST_P(lease, of_an_owner_that_was_silent_since_the_hosts_boot) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  const auto folder = host.state() / "fence" / ("e." + std::to_string(fence));
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().filename().string().starts_with("b."))
      std::filesystem::rename(entry.path(), folder / "b.1.another-boot");
  std::ofstream{folder / "lease"} << "r1\n{}\n" << fence << " 1.another-boot\n";
  const auto up = host_shell.facts()->uptime_seconds;
  EXPECT_GE(host_shell.show()->holder->silent, up);
  EXPECT_TRUE(host_shell.take("r2", "r1", fence, static_cast<std::uint64_t>(up) + 1000)->holder);
  EXPECT_FALSE(host_shell.take("r2", "r1", fence, static_cast<std::uint64_t>(up))->holder);
}

TEST_P(lease, names_the_process_that_has_gone_on_with_its_run) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  ASSERT_TRUE(host_shell.heartbeat("r1", fence, R"({"user":"me","pid":2})"));
  EXPECT_EQ(host_shell.show()->holder->owner, R"({"user":"me","pid":2})");
  ASSERT_TRUE(host_shell.heartbeat("r1", fence));
  EXPECT_EQ(host_shell.show()->holder->owner, R"({"user":"me","pid":2})");
  ASSERT_TRUE(host_shell.release("r1", fence));
  ASSERT_TRUE(host_shell.acquire("r1"));
  EXPECT_EQ(host_shell.show()->holder->owner, R"({"user":"me","pid":1})");
}

TEST_P(lease, that_was_broken_leaves_word_of_what_may_still_run) {
  conversation host_shell{host};
  (void)host_shell.acquire("r1");
  const auto broken = host_shell.break_lease();
  ASSERT_TRUE(broken->holder);
  EXPECT_EQ(host_shell.acquire("r2")->to_end.size(), 1u);
  const auto fence = host_shell.show()->fence;
  ASSERT_TRUE(host_shell.release("r2", fence));
  const auto next = host_shell.acquire("r3");
  ASSERT_EQ(next->to_end.size(), 1u) << "r2 did not say that it is ended";
  EXPECT_EQ(host_shell.ended("r3", fence, "r1").error().code, ec::lease_lost);
  ASSERT_TRUE(host_shell.ended("r3", next->fence, "r1"));
  EXPECT_TRUE(host_shell.acquire("r3")->to_end.empty());
}

TEST_P(lease, is_had_by_exactly_one_of_many_that_ask_at_once) {
  constexpr int contenders = 6;
  constexpr int rounds = 10;
  std::vector<std::unique_ptr<conversation>> shells;
  for (int i = 0; i < contenders; ++i)
    shells.push_back(std::make_unique<conversation>(host));
  std::uint64_t highest = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::optional<expected<lease_report>>> answers(contenders);
    for (std::size_t i = 0; i < contenders; ++i)
      shells[i]->send(shells[i]->shell().lease_acquire(
          {"run" + std::to_string(i), "{}", 0},
          [&answers, i](expected<lease_report> got) { answers[i] = std::move(got); }));
    std::vector<std::size_t> owners;
    for (std::size_t i = 0; i < contenders; ++i) {
      ASSERT_TRUE(shells[i]->until([&] { return answers[i].has_value(); }));
      ASSERT_TRUE(*answers[i]) << describe(answers[i]->error());
      if (!(*answers[i])->holder)
        owners.push_back(i);
    }
    ASSERT_EQ(owners.size(), 1u) << "round " << round;
    const auto fence = (*answers[owners[0]])->fence;
    EXPECT_GT(fence, highest);
    highest = fence;
    ASSERT_TRUE(shells[owners[0]]->release("run" + std::to_string(owners[0]), fence));
  }
  // One folder with no folder in it: nobody has renamed into another's.
  int folders = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{host.state() / "fence"})
    folders += entry.is_directory() ? 1 : 0;
  EXPECT_EQ(folders, 1);
}

/// Starts against take-overs: whoever claims after the take-over is answered is late.
TEST_P(lease, that_is_taken_over_lets_no_late_step_begin) {
  const char* wanted = std::getenv("BATON_FENCE_RACES");
  const int races = wanted ? std::atoi(wanted) : 60;
  conversation owner{host};
  std::vector<std::unique_ptr<conversation>> starters;
  for (int i = 0; i < 3; ++i)
    starters.push_back(std::make_unique<conversation>(host));
  const auto claims = [&] {
    std::set<std::string> found;
    std::error_code gone;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator{host.state() / "fence", gone})
      if (const auto name = entry.path().filename().string(); name.starts_with("s."))
        found.insert(name);
    return found;
  };
  std::mt19937 random{42};
  auto longest = 50ms;
  int ran = 0;
  int refused = 0;
  for (int race = 0; race < races; ++race) {
    const auto run = "r" + std::to_string(race);
    const auto fence = owner.acquire(run)->fence;
    std::vector<std::optional<step_report>> answers(starters.size());
    const auto began = clock::now();
    for (std::size_t i = 0; i < starters.size(); ++i) {
      auto what = effect(run + "/" + std::to_string(i), "exit 0", fence);
      what.wait = 10s;
      starters[i]->send(starters[i]->shell().start(what, [&, i](const expected<step_report>& got) {
        ASSERT_TRUE(got) << describe(got.error());
        answers[i] = *got;
      }));
    }
    owner.until([] { return false; },
                std::chrono::milliseconds{
                    std::uniform_int_distribution<std::int64_t>{0, longest.count()}(random)});
    ASSERT_TRUE(owner.break_lease());
    const auto in_time = claims();
    for (std::size_t i = 0; i < starters.size(); ++i) {
      ASSERT_TRUE(starters[i]->until([&] { return answers[i].has_value(); }));
      auto report = *answers[i];
      while (!report.gone()) // a start may come back while the step is about to end
        report = *starters[i]->poll(run + "/" + std::to_string(i));
      const auto claim = "s." + run + "+" + std::to_string(i);
      if (report.state == step_state::done) {
        EXPECT_TRUE(in_time.contains(claim)) << claim << " began under a stale fence";
        ++ran;
      } else {
        ASSERT_EQ(report.state, step_state::refused) << to_string(report.state);
        EXPECT_TRUE(report.fence_stale) << report.refusal;
        EXPECT_FALSE(claims().contains(claim)) << claim << " was left behind";
        ++refused;
      }
    }
    // The races are to be close: the later half is decided about when a start takes as long.
    if (ran < refused)
      longest = longest * 5 / 4 + 1ms;
    else
      longest = std::max(longest * 4 / 5, 5ms);
    if (race == 0)
      longest = std::chrono::ceil<std::chrono::milliseconds>(clock::now() - began);
  }
  EXPECT_EQ(ran + refused, races * 3);
  EXPECT_GT(ran, 0) << "the races were won by one side only";
  EXPECT_GT(refused, 0) << "the races were won by one side only";
}

} // namespace baton::test
