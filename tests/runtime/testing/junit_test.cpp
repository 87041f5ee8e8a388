#include "runtime/testing/junit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace baton;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(junit, reads_what_pytest_writes) {
  const auto report = read_junit(
      R"x(<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.1">
<testcase classname="tests.test_app" name="test_good" time="0.0" />
<testcase classname="tests.test_app" name="test_bad[&lt;x&gt;]"><failure message="assert 0">def f():</failure></testcase>
<testcase classname="" name="tests.test_b"><error message="collection failure"/></testcase>
<testcase classname="c" name="later"><skipped/></testcase></testsuite></testsuites>)x");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->tests, 4);
  EXPECT_EQ(report->failures, 1);
  EXPECT_EQ(report->errors, 1);
  EXPECT_EQ(report->skipped, 1);
  EXPECT_THAT(report->failing, ElementsAre("tests.test_app.test_bad[<x>]", "tests.test_b"));
}

TEST(junit, counts_nested_suites_once) {
  const auto report = read_junit(
      R"(<testsuites tests="2" failures="1"><testsuite tests="2" failures="1"><testsuite tests="2" failures="1">
<testcase name="a"><failure/></testcase><testcase name="b"/></testsuite></testsuite></testsuites>)");
  EXPECT_EQ(report->tests, 2);
  EXPECT_EQ(report->failures, 1);
}

TEST(junit, believes_the_cases_before_the_attributes) {
  const auto report = read_junit(
      R"(<testsuite tests="9" failures="0"><testcase name="a"><failure/></testcase></testsuite>)");
  EXPECT_EQ(report->tests, 1);
  EXPECT_EQ(report->failures, 1);
}

TEST(junit, takes_the_counts_of_a_report_without_cases) {
  const auto report = read_junit(R"(<testsuites><testsuite tests="3" failures="1" disabled="1"/>
<testsuite tests="4" errors="2"/></testsuites>)");
  EXPECT_EQ(report->tests, 7);
  EXPECT_EQ(report->failures, 1);
  EXPECT_EQ(report->errors, 2);
  EXPECT_EQ(report->skipped, 1);
}

TEST(junit, reads_the_beginning_of_one_that_was_cut) {
  const std::string_view text =
      R"(<testsuites><testsuite tests="500" failures="3"><testcase name="a"><failure>x</failure></testcase><testca)";
  EXPECT_FALSE(read_junit(text));
  const auto report = read_junit(text, true);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->tests, 500);
  EXPECT_EQ(report->failures, 3);
  EXPECT_THAT(report->failing, ElementsAre("a"));
}

TEST(junit, refuses_what_is_none) {
  for (const auto* text : {"", "ok", "<html><body/></html>", "<testsuite", "\0\0", "{\"a\":1}"})
    EXPECT_EQ(read_junit(text).error().code, ec::tests_failed) << text;
  EXPECT_THAT(read_junit("<html/>").error().what, HasSubstr("<html>"));
}

TEST(junit, expands_no_entities) {
  const auto report = read_junit(
      R"(<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
<testsuite><testcase name="&b;&f;"><failure/></testcase></testsuite>)");
  ASSERT_TRUE(report);
  EXPECT_THAT(report->failing, ElementsAre("&b;&f;"));
}

TEST(junit, takes_any_depth_and_any_names) {
  std::string deep;
  for (int i = 0; i < 60'000; ++i)
    deep += "<testsuite>";
  const auto cut = read_junit(deep, true);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->tests, 0);

  std::string many = "<testsuite>";
  for (int i = 0; i < 1000; ++i)
    many += "<testcase name=\"" + std::string(300, 'x') + "\xff\"><failure/></testcase>";
  const auto report = read_junit(many + "</testsuite>");
  EXPECT_EQ(report->failures, 1000);
  ASSERT_EQ(report->failing.size(), 5U);
  EXPECT_LT(report->failing[0].size(), 200U);
}
