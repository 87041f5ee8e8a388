#include "rig.hpp"

namespace baton::test {

INSTANTIATE_TEST_SUITE_P(shell, on_each_shell, testing::ValuesIn(shells()),
                         [](const auto& each) { return each.param; });

TEST_P(on_each_shell, a_short_step_is_done_in_one_round_trip) {
  conversation host_shell{host};
  ASSERT_TRUE(host_shell.facts()) << describe(host_shell.facts().error());
  EXPECT_EQ(host_shell.facts()->shell, GetParam());
  EXPECT_EQ(host_shell.facts()->state_dir, host.state());
  const auto lease = host_shell.acquire("r1");
  ASSERT_TRUE(lease) << describe(lease.error());
  auto what = effect("r1/deploy/rig/1/0", "echo hello; exit 7\n", lease->fence);
  what.wait = std::chrono::seconds{10};
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->started);
  EXPECT_EQ(report->state, step_state::done);
  EXPECT_EQ(report->status, 7);
  EXPECT_EQ(report->signal, "");
  EXPECT_EQ(report->log, "hello\n");
  EXPECT_TRUE(report->gone());
}

} // namespace baton::test
