#include "cli/record_log.hpp"

#include "messages/json.hpp"
#include "rules/plan.hpp"
#include "runtime/config/load.hpp"
#include "runtime/log/log.hpp"
#include "runtime/log/trace_ids.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace baton {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* step = "run-1/vps/vps/1/prepare";

class the_log_of_a_run : public testing::Test {
protected:
  void SetUp() override {
    auto fleet = load_fleet_text("fleet: shop\nhosts:\n  vps: {address: 127.0.0.1}\n"
                                 "stack: {repository: r, path: ~/app, compose: {files: [a.yaml]}}\n"
                                 "stages:\n  vps: {role: staging, hosts: [vps]}\n",
                                 "baton.yaml");
    ASSERT_TRUE(fleet) << to_string(fleet.error());
    of_ = std::make_shared<const plan>(
        *make_plan(*fleet, {}, {"run-1", "release-1"}, {}, "somebody"));
    write_at(log_level::debug);
  }
  void TearDown() override { log_to(nullptr); }

  void write_at(log_level level) {
    log_options with;
    with.file = log_file(folder_.path());
    with.file_level = level;
    with.terminal_level = log_level::off;
    log_to(std::make_shared<logger>(with));
    writes_ = std::make_unique<record_log>(of_);
  }

  void tell(event_t what, int milliseconds = 0) {
    record one;
    one.run = of_->run;
    one.at = time_point{} + duration{milliseconds};
    one.what = std::move(what);
    writes_->on_record(one);
  }
  void print(const std::string& text) { writes_->on_output({of_->run, "vps", "vps", step, text}); }
  void end_step(int milliseconds = 0) {
    for (unit_id which = 0; which < of_->units.size(); ++which)
      if (of_->units[which].host == "vps" && !of_->units[which].stack.empty())
        tell(event::step_ended{"vps", step_kind::prepare, which, 1, {}}, milliseconds);
  }

  std::vector<json> lines() {
    std::ifstream in{log_file(folder_.path())};
    std::vector<json> made;
    for (std::string line; std::getline(in, line);)
      made.push_back(json::parse(line));
    return made;
  }
  std::vector<std::string> printed() {
    std::vector<std::string> made;
    for (const auto& line : lines())
      if (line["event"] == "step_output")
        made.push_back(line["msg"]);
    return made;
  }

  temp_folder folder_;
  std::shared_ptr<const plan> of_;
  std::unique_ptr<record_log> writes_;
};

TEST_F(the_log_of_a_run, has_whose_word_it_is_and_how_long_it_took) {
  tell(event::run_requested{of_});
  tell(event::phase_started{"vps"}, 1000);
  end_step(1500);
  tell(event::phase_ended{"vps", phase_outcome::ok}, 3500);
  const auto all = lines();
  ASSERT_EQ(all.size(), 4U);
  for (const auto& line : all) {
    EXPECT_EQ(line["run"], "run-1");
    EXPECT_EQ(line["fleet"], "shop");
    EXPECT_EQ(line["trace_id"], trace_id_of("run-1"));
  }
  EXPECT_EQ(all[0]["span_id"], span_id_of("run-1", ""));
  EXPECT_EQ(all[1]["span_id"], span_id_of("run-1", "vps"));
  EXPECT_EQ(all[0]["actor"], "supervisor");
  EXPECT_EQ(all[2]["actor"], "host");
  EXPECT_EQ(all[2]["host"], "vps");
  EXPECT_EQ(all[3]["duration_ms"], 2500);
}

TEST_F(the_log_of_a_run, has_what_steps_print_line_by_line) {
  print("one\ntw");
  print("o\r\n\nthr");
  EXPECT_THAT(printed(), ElementsAre("one", "two"));
  print("ee");
  end_step();
  EXPECT_THAT(printed(), ElementsAre("one", "two", "three"));
  const auto line = lines()[0];
  EXPECT_EQ(line["stream"], "output");
  EXPECT_EQ(line["step"], step);
  EXPECT_EQ(line["host"], "vps");
  EXPECT_EQ(line["level"], "debug");
  EXPECT_EQ(line["span_id"], span_id_of("run-1", "vps"));
}

TEST_F(the_log_of_a_run, has_no_output_where_the_log_is_not_for_everything) {
  write_at(log_level::info);
  print("one\n");
  end_step();
  EXPECT_THAT(printed(), testing::IsEmpty());
}

TEST_F(the_log_of_a_run, cuts_what_is_too_long_however_it_comes) {
  const std::string most(record_log::line_bytes_max, 'x');
  print(most + "\n" + most + "y\nshort\n");
  for (int n = 0; n < 30; ++n)
    print(std::string(1000, 'z'));
  print("\nlast\n");
  EXPECT_THAT(printed(), ElementsAre(most, most + "…", "short",
                                     std::string(record_log::line_bytes_max, 'z') + "…", "last"));
}

TEST_F(the_log_of_a_run, has_so_many_lines_of_a_step_and_says_where_the_rest_is) {
  for (std::size_t n = 0; n < record_log::lines_max + 100; ++n)
    print("line\n");
  const auto all = printed();
  ASSERT_EQ(all.size(), record_log::lines_max + 1);
  EXPECT_EQ(all.back(), "[more lines: baton logs run-1]");
}

TEST_F(the_log_of_a_run, repairs_what_is_no_text) {
  print("bad \xff\n");
  EXPECT_THAT(printed(), ElementsAre("bad \xef\xbf\xbd"));
}

} // namespace

} // namespace baton
