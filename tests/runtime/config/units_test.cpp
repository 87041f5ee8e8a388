#include "runtime/config/near_name.hpp"
#include "runtime/config/units.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

using namespace std::chrono_literals;

TEST(durations, are_read_as_people_write_them) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2d"), 48h);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("30d"), duration_max);
  EXPECT_EQ(parse_seconds("90"), 90s);
  EXPECT_EQ(parse_seconds("0.25"), 250ms);
}

TEST(durations, refuse_everything_else) {
  for (const auto* text : {"", "10", "s", "10 s", "-1s", "1e9s", "31d", "10sec", "1,5s",
                           "99999999999999999999999999999s", "0x10s", "1m 2s", "nan", "infs"})
    EXPECT_FALSE(parse_duration(text)) << text;
  for (const auto* text : {"", "-1", "1e3", "10s", "2592001"})
    EXPECT_FALSE(parse_seconds(text)) << text;
}

RC_GTEST_PROP(durations, that_are_written_read_back, ()) {
  const auto value = duration{*rc::gen::inRange<std::int64_t>(0, duration_max.count() + 1)};
  RC_ASSERT(parse_duration(duration_text(value)) == value);
}

TEST(sizes, know_both_kinds_of_units) {
  EXPECT_EQ(parse_size("10GB"), 10'000'000'000);
  EXPECT_EQ(parse_size("512MiB"), 512ll << 20);
  EXPECT_EQ(parse_size("1.5T"), 1'500'000'000'000);
  EXPECT_EQ(parse_size("4096"), 4096);
  EXPECT_EQ(parse_size("7 kB"), 7000);
  for (const auto* text : {"", "GB", "-1", "10 gigs", "10gb", "1e9", "99999999999999999999"})
    EXPECT_FALSE(parse_size(text)) << text;
}

RC_GTEST_PROP(sizes, that_are_written_read_back, ()) {
  const auto bytes = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
  RC_ASSERT(parse_size(size_text(bytes)) == bytes);
}

TEST(near_names, are_what_was_meant) {
  const std::vector<std::string> keys{"retry", "role", "hosts", "health", "on_failure", "path"};
  EXPECT_EQ(near_name("retyr", keys), "retry");
  EXPECT_EQ(near_name("host", keys), "hosts");
  EXPECT_EQ(near_name("HEALTH", keys), "health");
  EXPECT_EQ(near_name("onfailure", keys), "on_failure");
  EXPECT_EQ(near_name("on-failure", keys), "on_failure");
  EXPECT_EQ(near_name("colour", keys), std::nullopt);
  EXPECT_EQ(near_name("", keys), std::nullopt);
  EXPECT_EQ(near_name("x", {}), std::nullopt);
  EXPECT_EQ(near_name("ab", {"xy"}), std::nullopt) << "nothing in common";
  EXPECT_EQ(near_name(std::string(5000, 'x'), keys), std::nullopt);
}

TEST(near_names, list_the_known_ones_while_they_are_few) {
  EXPECT_EQ(suggest("colour", {"a", "b"}), "known are a, b");
  EXPECT_EQ(suggest("colour", {"a"}), "known is a");
  EXPECT_EQ(suggest("colour", std::vector<std::string>(50, "name")), "");
  EXPECT_EQ(suggest("colour", {}), "");
}

} // namespace
} // namespace baton
