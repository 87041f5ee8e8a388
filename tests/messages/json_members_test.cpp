#include "tests/messages/random_value.hpp"

#include <gtest/gtest.h>

#include <set>

// A member that is added to a struct and forgotten in its JSON would be lost by a crash.

namespace baton {

/// Converts to any member, so that counting initialisers counts members. Not in the unnamed
/// namespace: there a conversion that is only ever named is warned about.
struct anything {
  template <class T>
  requires(!std::is_same_v<T, std::in_place_t> && !std::is_same_v<T, std::nullopt_t>)
  operator T() const;
};

namespace {

template <class T, class... Initialisers>
constexpr std::size_t members_of() {
  if constexpr (requires { T{Initialisers{}..., anything{}}; })
    return members_of<T, Initialisers..., anything>();
  else
    return sizeof...(Initialisers);
}

/// Notes which members `fields` names.
struct named_members {
  template <class T>
  void operator()(const char* key, T& value) {
    keys.insert(key);
    places.insert(&value);
  }
  std::set<std::string> keys;
  std::set<const void*> places;
};

template <class T>
class json_members : public testing::Test {};

using every_struct =
    testing::Types<failure_policy, retry_policy, endpoint, command, host, health_check,
                   health_policy, compose_engine, command_engine, stack, snapshot_policy, stage,
                   environment, secret_place, secrets_policy, tests_policy, verification_policy,
                   deadlines, fleet, request, unit, assignment, step_spec, phase, plan, unit_view,
                   check_answer, step_outcome, event::phase_started, event::step_started,
                   event::step_ended, event::step_stopped, event::retry_scheduled, event::retry_due,
                   event::phase_ended, event::rollback_started, event::cancel_requested,
                   event::alert_raised>;
TYPED_TEST_SUITE(json_members, every_struct);

TYPED_TEST(json_members, each_has_a_key_of_its_own) {
  named_members seen;
  TypeParam value{};
  fields(seen, value);
  EXPECT_EQ(seen.keys.size(), members_of<TypeParam>());
  EXPECT_EQ(seen.places.size(), members_of<TypeParam>());
}

TEST(json_members, a_result_has_one_for_each_member) {
  // `error` and `error_detail` are one member, `phases` the order of another.
  EXPECT_EQ(to_json(result{}).size(), members_of<result>() + 2);
}

TEST(json_members, every_record_says_type_version_run_time_and_dice_first) {
  random_value random{1};
  for (std::size_t index = 0; index < std::variant_size_v<event_t>; ++index) {
    const auto written = to_json(random_record(random, index));
    std::vector<std::string> keys;
    for (const auto& [key, value] : written.items())
      keys.push_back(key);
    ASSERT_GE(keys.size(), 6u);
    keys.resize(5);
    EXPECT_EQ(keys, (std::vector<std::string>{"type", "version", "run", "at", "dice"}));
    // A member called as one of these would hide it.
    std::set<std::string> unique;
    for (const auto& [key, value] : written.items())
      EXPECT_TRUE(unique.insert(key).second) << key;
  }
}

} // namespace
} // namespace baton
