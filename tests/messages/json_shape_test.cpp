#include "messages/json.hpp"
#include "messages/json_time.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

using namespace std::chrono_literals;

host_verdict serving(serves what) {
  host_verdict made;
  made.serves = what;
  made.healthy = true;
  made.commit = "c1";
  made.release = "r1";
  return made;
}

phase_details done(const std::vector<std::string>& hosts = {}) {
  phase_details made;
  made.outcome = phase_outcome::ok;
  made.attempts = 1;
  made.duration_seconds = 1.2;
  for (const auto& name : hosts)
    made.hosts[name] = {phase_outcome::ok, 1, 1.2, std::nullopt, {}};
  return made;
}

result good_run() {
  result made;
  made.run = "run-1";
  made.status = status::success;
  made.state = run_state::finished;
  made.phase = "verification";
  made.systems_deployed = {"thinkpad", "rtx1080", "vps"};
  made.duration_seconds = 180.2;
  for (const auto* name : {"thinkpad", "rtx1080", "vps"})
    made.hosts[name] = serving(serves::new_release);
  made.host_order = made.systems_deployed;
  made.details = {{"pre_flight", done({"rtx1080", "thinkpad", "vps"})},
                  {"thinkpad", done({"thinkpad"})},
                  {"rtx1080", done({"rtx1080"})},
                  {"vps", done({"vps"})},
                  {"verification", done()}};
  return made;
}

std::vector<std::string> keys_of(const ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items())
    keys.push_back(key);
  return keys;
}

TEST(json_shape, a_result_begins_with_the_keys_of_the_contract_in_their_order) {
  auto keys = keys_of(to_json(good_run()));
  const std::vector<std::string> contract{
      "schema",           "run",   "status",       "state",    "phase", "systems_deployed",
      "duration_seconds", "error", "error_detail", "cancelled"};
  ASSERT_GT(keys.size(), contract.size());
  keys.resize(contract.size());
  EXPECT_EQ(keys, contract);
}

TEST(json_shape, a_good_result_has_no_error_and_numbers_as_they_were_measured) {
  const auto wire = to_json(good_run());
  EXPECT_TRUE(wire.at("error").is_null());
  EXPECT_TRUE(wire.at("error_detail").is_null());
  EXPECT_EQ(wire.at("status"), "success");
  EXPECT_EQ(wire.at("duration_seconds").dump(), "180.2");
  EXPECT_EQ(wire.at("hosts").at("thinkpad").dump(),
            R"({"serves":"new","healthy":true,"commit":"c1","release":"r1"})");
  EXPECT_EQ(wire.at("details").at("thinkpad").dump(),
            R"({"outcome":"ok","attempts":1,"duration_seconds":1.2,"error":null,"hosts":)"
            R"({"thinkpad":{"outcome":"ok","attempts":1,"duration_seconds":1.2,"error":null}}})");
}

TEST(json_shape, hosts_stand_in_the_order_of_the_stages) {
  EXPECT_EQ(keys_of(to_json(good_run()).at("hosts")),
            (std::vector<std::string>{"thinkpad", "rtx1080", "vps"}));
  auto run = result_from_json(json::parse(dump(to_json(good_run()))));
  EXPECT_EQ(keys_of(to_json(run).at("hosts")),
            (std::vector<std::string>{"thinkpad", "rtx1080", "vps"}));
  run.host_order = {"vps", "gone"};
  EXPECT_EQ(keys_of(to_json(run).at("hosts")),
            (std::vector<std::string>{"vps", "rtx1080", "thinkpad"}));
}

TEST(json_shape, details_stand_in_the_order_of_the_plan) {
  const std::vector<std::string> order{"pre_flight", "thinkpad", "rtx1080", "vps", "verification"};
  const auto wire = to_json(good_run());
  EXPECT_EQ(keys_of(wire.at("details")), order);
  EXPECT_EQ(wire.at("phases").get<std::vector<std::string>>(), order);
}

TEST(json_shape, a_bad_result_has_the_error_as_text_and_in_detail) {
  auto run = good_run();
  run.status = status::failed;
  error inner;
  inner.code = ec::timed_out;
  inner.what = "no answer for 30 s";
  error outer;
  outer.code = ec::unreachable;
  outer.what = "vps cannot be reached";
  outer.target = "vps";
  outer.step = "run-1/vps/vps/1/prepare";
  outer.retryable = true;
  outer.cause = std::make_shared<const error>(inner);
  run.why = outer;
  const auto wire = to_json(run);
  EXPECT_EQ(wire.at("error"), "vps cannot be reached: no answer for 30 s");
  EXPECT_EQ(wire.at("error_detail").dump(),
            R"({"code":"unreachable","what":"vps cannot be reached","host":"vps",)"
            R"("step":"run-1/vps/vps/1/prepare","retryable":true,"causes":[{"code":"timed_out",)"
            R"("what":"no answer for 30 s","host":"","step":"","retryable":false}]})");
}

TEST(json_shape, an_unfinished_result_has_null_as_its_status) {
  auto run = good_run();
  run.status.reset();
  run.state = run_state::rolling_back;
  const auto wire = to_json(run);
  EXPECT_TRUE(wire.at("status").is_null());
  EXPECT_EQ(wire.at("state"), "rolling_back");
}

TEST(json_shape, stacks_are_there_only_when_a_host_has_several) {
  auto run = good_run();
  run.hosts["vps"].stacks = {{"app", serving(serves::new_release)},
                             {"proxy", serving(serves::old_release)}};
  const auto wire = to_json(run);
  EXPECT_FALSE(wire.at("hosts").at("thinkpad").contains("stacks"));
  EXPECT_EQ(wire.at("hosts").at("vps").at("stacks").at("proxy").at("serves"), "old");
}

TEST(json_shape, a_request_is_as_a_program_sends_it) {
  EXPECT_EQ(to_json(request{}).dump(), R"({"commit_hash":"main","environment":"",)"
                                       R"("rollback_on_failure":true,"skip_tests":false})");
  const auto asked = request_from_json(json::parse(R"({"commit_hash": "v2", "skip_tests": true})"));
  EXPECT_EQ(asked.commit_hash, "v2");
  EXPECT_TRUE(asked.skip_tests);
  EXPECT_TRUE(asked.rollback_on_failure);
}

TEST(json_shape, lengths_of_time_are_seconds) {
  record written;
  written.run = "r";
  written.at = time_point{1'700'000'000'123ms};
  written.dice = 0.25;
  written.what = event::step_started{"vps", step_kind::activate, 2, "vps", 3, 1500ms};
  EXPECT_EQ(dump(to_json(written)),
            R"({"type":"step_started","version":1,"run":"r","at":"2023-11-14T22:13:20.123Z",)"
            R"("dice":0.25,"phase":"vps","kind":"activate","of":2,"target":"vps","attempt":3,)"
            R"("deadline":1.5})");
}

TEST(json_shape, unknown_keys_are_ignored_and_missing_ones_take_the_default) {
  const auto read = fleet_from_json(json::parse(
      R"({"name": "f", "colour": "red", "stages": [{"name": "s", "later": {"a": 1}}]})"));
  EXPECT_EQ(read.name, "f");
  EXPECT_EQ(read.keep_releases, fleet{}.keep_releases);
  ASSERT_EQ(read.stages.size(), 1u);
  EXPECT_EQ(read.stages[0].deadline, 0ms);
  EXPECT_EQ(read.deadlines.connect, 15s);
}

TEST(json_shape, what_does_not_fit_is_refused) {
  for (const auto* text :
       {R"({"name": 1})", R"({"stages": {}})", R"([])", R"("x")", R"({"keep_releases": 1e30})",
        R"({"keep_releases": 4294967296})", R"({"hosts": [{"reach": {"port": -1}}]})",
        R"({"hosts": [{"reach": {"port": 65536}}]})", R"({"stages": [{"role": "king"}]})",
        R"({"deadlines": {"connect": "soon"}})", R"({"deadlines": {"connect": 1e300}})",
        R"({"stages": [{"stacks": [{"engine": {}}]}]})"})
    EXPECT_THROW(fleet_from_json(json::parse(text)), json::exception) << text;
  for (const auto* text :
       {R"({})", R"({"type": "conquered"})", R"({"type": "run_requested"})",
        R"({"type": "run_requested", "plan": null})", R"({"type": "run_finished", "result": []})",
        R"({"type": "phase_started", "version": 2, "phase": "tests"})",
        R"({"type": "phase_started", "at": "yesterday"})"})
    EXPECT_THROW(record_from_json(json::parse(text)), json::exception) << text;
}

TEST(json_shape, invalid_utf8_is_replaced_and_never_thrown_at) {
  record written;
  written.what = event::cancel_requested{"by \xff\xfe and \xc3"};
  const auto text = dump(to_json(written));
  const auto read = record_from_json(json::parse(text));
  EXPECT_EQ(std::get<event::cancel_requested>(read.what).by,
            "by \xef\xbf\xbd\xef\xbf\xbd and \xef\xbf\xbd");
}

TEST(json_shape, a_duration_that_is_no_number_is_written_as_zero) {
  auto run = good_run();
  run.duration_seconds = std::numeric_limits<double>::infinity();
  EXPECT_EQ(to_json(run).at("duration_seconds").dump(), "0.0");
}

TEST(json_shape, times_are_read_with_any_offset_and_fraction) {
  EXPECT_EQ(format_time(time_point{0ms}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(parse_time("1970-01-01T00:00:01Z"), time_point{1000ms});
  EXPECT_EQ(parse_time("1970-01-01T02:00:00.5+02:00"), time_point{500ms});
  EXPECT_EQ(parse_time("1969-12-31t23:59:59.999999z"), time_point{-1ms});
  EXPECT_EQ(format_time(time_point{-1ms}), "1969-12-31T23:59:59.999Z");
  for (const auto* text :
       {"", "1970", "1970-13-01T00:00:00Z", "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx",
        "1970-01-01T00:00:00+2:00", "-970-01-01T00:00:00Z",
        // Years that could not be written with four digits.
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01"})
    EXPECT_FALSE(parse_time(text)) << text;
}

} // namespace
} // namespace baton
