#include "cli/near_command.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace baton {

namespace {

std::string wrong(std::vector<const char*> words) {
  CLI::App app{"Baton", "baton"};
  app.add_subcommand("deploy", "");
  auto* const config = app.add_subcommand("config", "");
  config->add_subcommand("show", "");
  config->add_subcommand("reference", "")->group("");
  words.insert(words.begin(), "baton");
  return wrong_command(app, static_cast<int>(words.size()), words.data()).value_or("");
}

TEST(wrong_command, names_the_word_and_what_may_be_meant) {
  EXPECT_EQ(wrong({"deplyo"}), "there is no command \"deplyo\"; did you mean \"deploy\"?");
  EXPECT_EQ(wrong({"-v", "--config", "deploy", "frob"}),
            "there is no command \"frob\"; known are deploy, config");
  EXPECT_EQ(wrong({"config", "frob"}), "there is no command \"config frob\"; known is show");
}

TEST(wrong_command, says_nothing_of_what_is_right_so_far) {
  EXPECT_EQ(wrong({}), "");
  EXPECT_EQ(wrong({"deploy", "--frob", "main"}), "");
  EXPECT_EQ(wrong({"config"}), "");
}

} // namespace

} // namespace baton
