#include "tests/messages/random_value.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

/// What is written, as a reader of the file gets it.
json over_the_wire(const ordered_json& value) {
  return json::parse(dump(value));
}

RC_GTEST_PROP(json_round_trip, every_event_comes_back_as_it_was_written, (std::uint64_t seed)) {
  random_value random{seed};
  for (std::size_t index = 0; index < std::variant_size_v<event_t>; ++index) {
    const auto written = random_record(random, index);
    const auto read = record_from_json(over_the_wire(to_json(written)));
    RC_ASSERT(read.what.index() == written.what.index());
    RC_ASSERT(read.run == written.run);
    RC_ASSERT(read.at == written.at);
    RC_ASSERT(read.dice == written.dice);
    RC_ASSERT(dump(to_json(read)) == dump(to_json(written)));
  }
}

RC_GTEST_PROP(json_round_trip, a_fleet_comes_back_as_it_was_written, (std::uint64_t seed)) {
  const auto written = random_value{seed}.make<fleet>();
  const auto read = fleet_from_json(over_the_wire(to_json(written)));
  RC_ASSERT(dump(to_json(read)) == dump(to_json(written)));
}

RC_GTEST_PROP(json_round_trip, a_plan_comes_back_as_it_was_written, (std::uint64_t seed)) {
  const auto written = random_value{seed}.make<plan>();
  const auto read = plan_from_json(over_the_wire(to_json(written)));
  RC_ASSERT(dump(to_json(read)) == dump(to_json(written)));
}

RC_GTEST_PROP(json_round_trip, a_result_comes_back_with_its_phases_in_order, (std::uint64_t seed)) {
  const auto written = random_value{seed}.make<result>();
  const auto read = result_from_json(over_the_wire(to_json(written)));
  RC_ASSERT(dump(to_json(read)) == dump(to_json(written)));
  RC_ASSERT(read.details.size() == written.details.size());
  for (std::size_t i = 0; i < read.details.size(); ++i)
    RC_ASSERT(read.details[i].first == written.details[i].first);
}

RC_GTEST_PROP(json_round_trip, an_error_keeps_its_chain_of_causes, (std::uint64_t seed)) {
  const auto written = random_value{seed}.make<error>();
  const auto read = error_from_json(over_the_wire(to_json(written)));
  RC_ASSERT(read.code == written.code);
  RC_ASSERT(describe(read) == describe(written));
  RC_ASSERT(dump(to_json(read)) == dump(to_json(written)));
}

RC_GTEST_PROP(json_round_trip, reading_what_is_not_a_record_throws_and_does_nothing_worse,
              (std::uint64_t seed)) {
  random_value random{seed};
  auto text = dump(to_json(random_record(random, random.below(std::variant_size_v<event_t>))));
  for (int edits = 0; edits < 3; ++edits)
    text[random.below(text.size())] = static_cast<char>(random.below(256));
  const auto parsed = json::parse(text, nullptr, false);
  try {
    const auto read = record_from_json(parsed);
    dump(to_json(read));
  } catch (const json::exception&) {
  }
}

} // namespace
} // namespace baton
