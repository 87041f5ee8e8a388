#include "tests/messages/random_value.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

// docs/json.md names all that a script can meet.

namespace baton {
namespace {

const std::string& page() {
  static const std::string text = [] {
    std::ifstream in{BATON_SOURCE_DIR "/docs/json.md"};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  }();
  return text;
}

/// From a heading, or the cell that begins a row, to the next one.
std::string part_of_page(const std::string& begins, const std::string& ends) {
  const auto from = page().find("\n" + begins);
  if (from == std::string::npos)
    return {};
  return page().substr(from + 1, page().find("\n" + ends, from + 1) - from - 1);
}

std::string row(const std::string& of) {
  return part_of_page("| `" + of + "` |", "");
}

void expect_named(const std::string& where, const std::string& word) {
  EXPECT_NE(where.find('`' + word + '`'), std::string::npos)
      << "docs/json.md does not name " << word << " here:\n"
      << where.substr(0, 500);
}

void expect_keys(const std::string& where, const ordered_json& of, const std::string& prefix = "",
                 const std::set<std::string>& but = {}) {
  for (const auto& [key, value] : of.items())
    if (!but.contains(key))
      expect_named(where, prefix + key);
}

template <class T>
ordered_json wire_of() {
  return write_json(T{});
}

template <class E>
void expect_words(const std::string& where) {
  for (int i = 0; i <= static_cast<int>(wire_words<E>::last); ++i)
    expect_named(where, std::string{wire_words<E>::name(static_cast<E>(i))});
}

/// With all that is there only sometimes.
ordered_json result_with_all() {
  result made;
  made.hosts["vps"].stacks["app"] = {};
  phase_details entry;
  entry.by = entry.skipped = entry.facts["commit"] = "said";
  entry.hosts["vps"].notes = {"said"};
  made.details = {{"vps", entry}};
  return to_json(made);
}

TEST(json_page, names_every_key_of_a_result) {
  const auto where = part_of_page("## The result", "### ");
  const auto all = result_with_all();
  expect_keys(where, all);
  expect_keys(where, all.at("hosts").at("vps"), "hosts.H.");
  expect_keys(where, all.at("details").at("vps"), "details.P.");
  expect_keys(where, all.at("details").at("vps").at("hosts").at("vps"), "details.P.hosts.H.");
  expect_words<status>(where);
  expect_words<run_state>(where);
  expect_words<phase_outcome>(where);
  expect_words<serves>(where);
}

TEST(json_page, names_every_key_and_code_of_an_error) {
  const auto where = part_of_page("### Errors", "### ");
  expect_keys(where, to_json(error{}));
  for (int code = 0; code <= static_cast<int>(ec::usage); ++code)
    expect_named(where, std::string{to_string(static_cast<ec>(code))});
}

TEST(json_page, names_every_event_with_its_keys) {
  random_value random{1};
  const std::set<std::string> common{"type", "version", "run", "at", "dice"};
  for (const auto& key : common)
    expect_named(part_of_page("Every event has", "| type | when"), key);
  for (std::size_t index = 0; index < std::variant_size_v<event_t>; ++index) {
    const auto written = to_json(random_record(random, index));
    const auto name = written.at("type").get<std::string>();
    EXPECT_NE(row(name), "") << "docs/json.md has no row for the event " << name;
    expect_keys(row(name), written, "", common);
  }
  expect_words<scope>(row("rollback_started"));
  for (const auto severity : {severity::info, severity::warning, severity::critical})
    expect_named(row("alert_raised"), std::string{to_string(severity)});
}

TEST(json_page, names_every_key_inside_an_event) {
  const auto outcomes = part_of_page("| `outcome` of a step", "\n");
  expect_keys(outcomes, wire_of<step_outcome>());
  expect_keys(row("view"), wire_of<unit_view>());
  expect_keys(row("checks"), wire_of<check_answer>());
  expect_words<step_kind>(part_of_page("A step's `kind`", "\n"));
  const auto plans = part_of_page("| `plan` |", "\n");
  expect_keys(plans, wire_of<plan>());
  expect_keys(plans, wire_of<unit>());
  expect_keys(plans, wire_of<phase>());
  expect_keys(plans, wire_of<step_spec>());
  expect_keys(plans, wire_of<assignment>());
  expect_keys(plans, wire_of<retry_policy>());
  expect_keys(plans, wire_of<failure_policy>());
  expect_words<phase_kind>(plans);
  expect_words<after_failure>(plans);
  expect_keys(part_of_page("## The request", "## "), to_json(request{}));
}

} // namespace
} // namespace baton
