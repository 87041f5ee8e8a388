#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(details_of_secrets_sync, say_which_secrets_each_host_has) {
  EXPECT_THAT(play(plan_for(homelab())).details("secrets_sync").facts, IsEmpty());
  staging with{{}};
  with.retells = [](const auto& step, step_outcome& outcome) {
    if (step.kind == step_kind::compare_secrets && step.target != "vps")
      outcome.facts["version"] = "of-" + step.target;
    if (step.kind == step_kind::sync_secrets)
      outcome.facts["mark.1"] = "of no interest";
  };
  EXPECT_THAT(play(plan_for(homelab()), with).details("secrets_sync").facts,
              ElementsAre(Pair("rtx1080", "of-rtx1080"), Pair("thinkpad", "of-thinkpad")));
}

} // namespace
} // namespace baton::test
