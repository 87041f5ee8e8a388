#include "cli/failure.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace baton {

namespace {

bool json_wanted(std::vector<const char*> words) {
  words.insert(words.begin(), "baton");
  return wants_json(static_cast<int>(words.size()), words.data());
}

TEST(failure, is_a_document_where_json_was_asked_for) {
  EXPECT_TRUE(json_wanted({"deploy", "--json", "--frob"}));
  EXPECT_TRUE(json_wanted({"deplyo", "--events"}));
  EXPECT_FALSE(json_wanted({}));
  EXPECT_FALSE(json_wanted({"deploy", "--yes"}));
  EXPECT_FALSE(json_wanted({"deploy", "--", "--json"}));
}

TEST(failure, says_error_and_exit_code_as_a_result_does) {
  auto why = unexpected(ec::lease_held, "vps is leased").value();
  why.target = "vps";
  why.cause = std::make_shared<const error>(unexpected(ec::usage, "by another").value());
  const command_failed failure{3, why};
  EXPECT_EQ(failure.message, "vps is leased: by another\n");
  EXPECT_EQ(dump(to_json(failure)),
            R"({"schema":1,"error":"vps is leased: by another","error_detail":)"
            R"({"code":"lease_held","what":"vps is leased","host":"vps","step":"",)"
            R"("retryable":false,"causes":[{"code":"usage","what":"by another","host":"",)"
            R"("step":"","retryable":false}]},"exit_code":3})");
}

TEST(failure, has_a_code_by_its_exit_code_when_there_are_words_alone) {
  const auto code = [](int exit) {
    return to_json(command_failed{exit, "no runs yet\n"}).at("error_detail").at("code");
  };
  EXPECT_EQ(code(exit_code::usage), "usage");
  EXPECT_EQ(code(exit_code::config), "config_invalid");
  EXPECT_EQ(code(exit_code::internal), "internal");
  EXPECT_EQ(code(1), "step_failed");
  EXPECT_EQ(to_json(command_failed{exit_code::no_input, "no runs yet\n"}).at("error"),
            "no runs yet");
}

TEST(failure, lists_the_faults_of_the_file) {
  const std::vector<config_fault> faults{{"baton.yaml", 3, 1, "hsots", "unknown key", "hosts?"},
                                         {"baton.yaml", 9, 5, "stages.a", "bad", ""}};
  const command_failed failure{exit_code::config, faults};
  const auto wire = to_json(failure);
  EXPECT_EQ(failure.message, to_string(faults) + "\n");
  EXPECT_EQ(wire.at("error_detail").at("code"), "config_invalid");
  EXPECT_EQ(wire.at("faults").size(), 2u);
  EXPECT_EQ(wire.at("faults").at(0).dump(),
            R"({"file":"baton.yaml","line":3,"column":1,"path":"hsots",)"
            R"("what":"unknown key","hint":"hosts?"})");
}

} // namespace

} // namespace baton
