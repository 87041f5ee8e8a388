#include "runtime/log/log.hpp"

#include "messages/json.hpp"
#include "messages/json_time.hpp"
#include "runtime/fault.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/log/utf8.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <thread>

namespace baton {

/// Somewhere an error is made; not in the unnamed namespace, so that its name is known.
error where_it_went_wrong() {
  return make_error(ec::timed_out, "no answer for 30 s", "vps");
}

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string read_all(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

std::vector<json> lines_of(const std::filesystem::path& file) {
  std::vector<json> made;
  std::istringstream in{read_all(file)};
  for (std::string line; std::getline(in, line);)
    made.push_back(json::parse(line));
  return made;
}

std::vector<event_t> every_event() {
  return {event::run_requested{},    event::phase_started{}, event::step_started{},
          event::step_ended{},       event::step_stopped{},  event::retry_scheduled{},
          event::retry_due{},        event::phase_ended{},   event::rollback_started{},
          event::cancel_requested{}, event::alert_raised{},  event::run_finished{}};
}

class a_log : public testing::Test {
protected:
  log_options options() {
    log_options made;
    made.file = file_;
    made.terminal_level = log_level::off;
    return made;
  }

  temp_folder folder_;
  std::filesystem::path file_ = log_file(folder_.path());
};

TEST_F(a_log, is_one_json_object_a_line_with_the_fields_that_are_known) {
  logger to{options()};
  log_fields fields;
  fields.run = "r1";
  fields.fleet = "lab";
  fields.host = "vps";
  fields.phase = "vps";
  fields.step = "r1/vps/vps/2/activate";
  fields.event = "step_ended";
  fields.status = "ok";
  fields.attempt = 2;
  fields.took = duration{1234};
  to.write(log_level::info, "it \"works\"\nwell", fields);
  to.write(log_level::warning, "and now without");
  const auto lines = lines_of(file_);
  ASSERT_EQ(lines.size(), 2u);
  auto first = lines[0];
  const auto ts = first["ts"].get<std::string>();
  EXPECT_EQ(ts.size(), std::string{"2026-01-01T00:00:00.123456789Z"}.size());
  EXPECT_TRUE(parse_time(ts)) << ts;
  first.erase("ts");
  EXPECT_EQ(first, json::parse(R"({"level": "info", "logger": "baton", "msg": "it \"works\"\nwell",
    "run": "r1", "fleet": "lab", "host": "vps", "phase": "vps", "step": "r1/vps/vps/2/activate",
    "event": "step_ended", "status": "ok", "attempt": 2, "duration_ms": 1234, "actor": "main",
    "trace_id": "82f3e9c695dc6b8d1b11818d5701919e", "span_id": "510c6fd0a530173a"})"));
  EXPECT_EQ(lines[1].size(), 8u);
  EXPECT_EQ(lines[1]["event"], "message");
  EXPECT_EQ(lines[1]["level"], "warning");
  EXPECT_THAT(read_all(file_), StartsWith(R"({"ts":")"));
}

TEST_F(a_log, has_the_same_ids_for_a_run_and_its_phases_whoever_writes) {
  auto with = options();
  with.run = "r1";
  with.fleet = "lab";
  logger{with}.write(log_level::info, "of no run", {.phase = "vps"});
  logger{options()}.write(log_level::info, "of it", {.run = "r1", .phase = "vps"});
  logger{options()}.write(log_level::info, "another phase", {.run = "r1", .phase = "guard:vps"});
  logger{options()}.write(log_level::info, "another run", {.run = "r2", .phase = "vps"});
  const auto lines = lines_of(file_);
  EXPECT_EQ(lines[0]["run"], "r1");
  EXPECT_EQ(lines[0]["fleet"], "lab");
  for (const auto* id : {"trace_id", "span_id"})
    EXPECT_EQ(lines[0][id], lines[1][id]);
  EXPECT_EQ(lines[1]["trace_id"], lines[2]["trace_id"]);
  EXPECT_NE(lines[1]["span_id"], lines[2]["span_id"]);
  EXPECT_NE(lines[1]["trace_id"], lines[3]["trace_id"]);
  EXPECT_NE(lines[1]["span_id"], lines[3]["span_id"]);
}

TEST_F(a_log, of_no_run_has_the_ids_of_its_process) {
  {
    logger to{options()};
    to.write(log_level::info, "one");
    to.write(log_level::info, "two");
  }
  logger{options()}.write(log_level::info, "another");
  const auto lines = lines_of(file_);
  EXPECT_FALSE(lines[0].contains("run"));
  EXPECT_EQ(lines[0]["trace_id"].get<std::string>().size(), 32U);
  EXPECT_EQ(lines[0]["span_id"].get<std::string>().size(), 16U);
  EXPECT_EQ(lines[0]["trace_id"], lines[1]["trace_id"]);
  EXPECT_NE(lines[0]["trace_id"], lines[2]["trace_id"]);
}

TEST_F(a_log, has_the_lines_of_its_file_on_the_terminal_where_that_is_for_programs) {
  auto with = options();
  with.terminal_level = log_level::info;
  with.terminal_json = true;
  testing::internal::CaptureStderr();
  { logger{with}.write(log_level::info, "two\nlines", {.run = "r1", .host = "vps"}); }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), read_all(file_));
}

TEST_F(a_log, says_what_it_would_write) {
  auto with = options();
  const logger to{with};
  EXPECT_TRUE(to.writes(log_level::info));
  EXPECT_FALSE(to.writes(log_level::debug));
  with.terminal_level = log_level::debug;
  EXPECT_TRUE(logger{with}.writes(log_level::debug));
  EXPECT_FALSE(is_logged(log_level::error));
}

/// docs/logs.md has the fields and the events, and no others.
TEST_F(a_log, is_described_field_by_field) {
  const auto page = read_all(std::filesystem::path{BATON_SOURCE_DIR} / "docs/logs.md");
  const auto first_words = [&](const std::string& heading) {
    const auto from = page.find("\n## " + heading + "\n");
    EXPECT_NE(from, std::string::npos) << heading;
    const auto part = page.substr(from + 1, page.find("\n## ", from + 1) - from - 1);
    std::set<std::string> words;
    const std::regex row{"\n\\| `([a-z_]+)`(, `([a-z_]+)`)?"};
    for (std::sregex_iterator at{part.begin(), part.end(), row}, end; at != end; ++at)
      for (const auto group : {1U, 3U})
        if ((*at)[group].matched)
          words.insert((*at)[group]);
    return words;
  };
  {
    const error why = fault(ec::unreachable, "no", where_it_went_wrong()).value();
    logger{options()}.write(log_level::error, "all",
                            {.run = "r",
                             .fleet = "f",
                             .host = "h",
                             .phase = "p",
                             .step = "s",
                             .actor = "host",
                             .event = "step_ended",
                             .stream = "output",
                             .status = "ok",
                             .attempt = 1,
                             .took = duration{1},
                             .why = &why});
  }
  std::set<std::string> keys;
  const auto all = lines_of(file_);
  for (const auto& [key, value] : all.at(0).items())
    keys.insert(key);
  EXPECT_EQ(first_words("Fields"), keys);
  auto events = first_words("Events");
  for (const auto* one :
       {"message", "step_output", "run_resumed", "command_failed", "act_ended", "journal_head"})
    EXPECT_EQ(events.erase(one), 1U) << one;
  for (const event_t& one : every_event())
    EXPECT_EQ(events.erase(std::string{type_name(one)}), 1U) << type_name(one);
  for (const auto& more : events)
    EXPECT_TRUE(more.ends_with("_failed")) << more;
}

TEST_F(a_log, keeps_an_errors_causes_and_where_the_innermost_was_made) {
  logger to{options()};
  const error outer =
      fault(ec::unreachable, "vps cannot be reached", where_it_went_wrong()).value();
  log_fields fields;
  fields.why = &outer;
  to.write(log_level::error, "phase vps failed", fields);
  const auto line = lines_of(file_).at(0);
  EXPECT_EQ(line["error"]["code"], "unreachable");
  EXPECT_EQ(line["error"]["causes"][0]["what"], "no answer for 30 s");
  EXPECT_EQ(line["error"]["causes"][0]["host"], "vps");
  ASSERT_GT(line["stack"].size(), 2u);
  EXPECT_THAT(line["stack"].dump(), HasSubstr("where_it_went_wrong"));
}

TEST_F(a_log, has_no_secret_in_what_it_says) {
  auto secrets = std::make_shared<redactor>();
  secrets->add("s3cr3t-token");
  auto with = options();
  with.secrets = secrets;
  with.terminal_level = log_level::debug;
  testing::internal::CaptureStderr();
  {
    logger to{with};
    auto inner = make_error(ec::step_failed, "curl s3cr3t-token");
    const error outer = fault(ec::step_failed, "with s3cr3t-token", inner).value();
    log_fields fields;
    fields.why = &outer;
    to.write(log_level::error, "a s3cr3t-token", fields);
  }
  const auto shown = testing::internal::GetCapturedStderr();
  for (const auto& text : {shown, read_all(file_)}) {
    EXPECT_THAT(text, Not(HasSubstr("s3cr3t")));
    EXPECT_THAT(text, HasSubstr("***"));
  }
}

TEST_F(a_log, leaves_names_alone_that_are_also_secrets) {
  auto secrets = std::make_shared<redactor>();
  secrets->add("thinkpad");
  auto with = options();
  with.secrets = secrets;
  logger{with}.write(log_level::info, "thinkpad is up",
                     {.host = "thinkpad", .step = "run/thinkpad/thinkpad/1/activate"});
  const auto line = json::parse(read_all(file_));
  EXPECT_EQ(line["msg"], "*** is up");
  EXPECT_EQ(line["host"], "thinkpad");
  EXPECT_EQ(line["step"], "run/thinkpad/thinkpad/1/activate");
}

TEST_F(a_log, replaces_invalid_utf8_and_lets_no_control_character_reach_a_terminal) {
  auto with = options();
  with.terminal_level = log_level::info;
  testing::internal::CaptureStderr();
  {
    logger to{with};
    to.write(log_level::info, "bad \xff byte, \x1b[31mred\x1b[0m, bell \a, 8-bit \xc2\x9b", {});
  }
  EXPECT_EQ(lines_of(file_).at(0)["msg"],
            "bad \xef\xbf\xbd byte, \x1b[31mred\x1b[0m, bell \a, 8-bit \xc2\x9b");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("bad \xef\xbf\xbd byte, \\x1b[31mred\\x1b[0m, bell \\x07, 8-bit \\x9b\n"));
}

TEST_F(a_log, is_for_people_on_the_terminal) {
  log_options with;
  with.terminal_level = log_level::info;
  with.colour = false;
  const error outer =
      fault(ec::unreachable, "vps cannot be reached", where_it_went_wrong()).value();
  testing::internal::CaptureStderr();
  {
    logger to{with};
    log_fields fields;
    fields.phase = "vps";
    fields.host = "web1";
    fields.attempt = 3;
    fields.took = duration{1234};
    fields.why = &outer;
    to.write(log_level::error, "the step failed\nits last words", fields);
    to.write(log_level::debug, "not shown");
    to.write(log_level::info, "plain");
  }
  const auto shown = testing::internal::GetCapturedStderr();
  EXPECT_THAT(shown.substr(8), StartsWith(" error   vps/web1: the step failed (attempt 3) (1.2 s)\n"
                                          "    its last words\n"
                                          "    vps cannot be reached\n"
                                          "    because: no answer for 30 s\n"));
  EXPECT_THAT(shown, AllOf(Not(HasSubstr("not shown")), HasSubstr(" info    plain\n"),
                           Not(HasSubstr("\x1b"))));
}

TEST_F(a_log, has_colours_only_when_asked_for) {
  log_options with;
  with.colour = true;
  testing::internal::CaptureStderr();
  { logger{with}.write(log_level::error, "red"); }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("\x1b[31merror  \x1b[0m red"));
  with.colour.reset(); // what captures stderr is no terminal
  testing::internal::CaptureStderr();
  { logger{with}.write(log_level::error, "plain"); }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), Not(HasSubstr("\x1b")));
}

TEST_F(a_log, goes_on_in_a_new_file_of_the_owners_when_the_old_one_was_moved_away) {
  const auto old = file_.parent_path() / "deployment_orchestrator.log.1";
  logger to{options()};
  to.write(log_level::info, "before");
  std::filesystem::rename(file_, old);
  to.write(log_level::info, "after");
  EXPECT_EQ(lines_of(old).size(), 1u);
  ASSERT_EQ(lines_of(file_).size(), 1u);
  EXPECT_EQ(lines_of(file_)[0]["msg"], "after");
  for (const auto& one : {file_, old}) {
    struct stat there {};
    ASSERT_EQ(stat(one.c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & 0777, 0600u) << one;
  }
}

TEST_F(a_log, that_cannot_be_written_is_told_of_once_and_fails_nobody) {
  auto with = options();
  with.file = "/proc/baton/x.log";
  testing::internal::CaptureStderr();
  {
    logger to{with};
    to.write(log_level::error, "one");
    to.write(log_level::error, "two");
    EXPECT_EQ(to.counts()[3], 2u);
  }
  const auto shown = testing::internal::GetCapturedStderr();
  EXPECT_THAT(shown, HasSubstr("/proc/baton/x.log cannot be written"));
  EXPECT_EQ(shown.find("cannot be written"), shown.rfind("cannot be written"));
}

TEST_F(a_log, is_written_by_several_threads_line_by_line) {
  {
    logger to{options()};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&to, t] {
        for (int i = 0; i < 50; ++i)
          to.write(log_level::info, std::string(200, static_cast<char>('a' + t)));
      });
  }
  EXPECT_EQ(lines_of(file_).size(), 200u);
}

TEST_F(a_log, of_the_process_is_nowhere_until_it_is_said_where) {
  log(log_level::error, "lost");
  auto to = std::make_shared<logger>(options());
  log_to(to);
  log(log_level::info, "kept");
  log(log_level::debug, "below the level");
  log_to(nullptr);
  log(log_level::info, "lost");
  EXPECT_EQ(lines_of(file_).size(), 1u);
  EXPECT_EQ(to->counts()[0], 1u);
  EXPECT_EQ(to->counts()[1], 1u);
}

TEST(log_level, is_known_by_its_name) {
  for (const auto level :
       {log_level::debug, log_level::info, log_level::warning, log_level::error, log_level::off})
    EXPECT_EQ(log_level_from_string(to_string(level)), level);
  EXPECT_FALSE(log_level_from_string("loud"));
}

TEST(repaired_utf8, has_the_valid_parts_as_they_were) {
  const struct {
    const char* from;
    const char* to;
  } cases[] = {{"", ""},
               {"plain é \xf0\x9f\x9a\x80", "plain é \xf0\x9f\x9a\x80"},
               {"\xff", "\xef\xbf\xbd"},
               {"a\xc3", "a\xef\xbf\xbd"},
               {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 // overlong
               {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // surrogate
               {"\xf4\x90\x80\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx"}};
  for (const auto& [from, to] : cases)
    EXPECT_EQ(repair_utf8(from), to);
}

TEST(what_others_wrote, neither_turns_the_direction_of_writing_nor_ends_a_line_unseen) {
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "cba\xe2\x80\xac\xe2\x80\xa8next\xd8\x9c\xe2\x81\xa6!"),
            "a\\u202ecba\\u202c\\u2028next\\u061c\\u2066!");
  EXPECT_EQ(printable("\xe2\x80\x93 \xe2\x80\xa6 \xd8\xa3"), "\xe2\x80\x93 \xe2\x80\xa6 \xd8\xa3");
}

} // namespace
} // namespace baton
