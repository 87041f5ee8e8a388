#include "runtime/secrets/known_secrets.hpp"

#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace baton {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(the_values_of_an_env_file, are_secrets_unless_everybody_uses_them) {
  EXPECT_THAT(secret_values_in("# comment\n"
                               "export A='first value'\n"
                               "B=second-value\n"
                               "LOG_LEVEL=Info\nDEBUG=false\nPORT=8080\nUID=1000\nIP=127.0.0.1\n"
                               "C=abc\nEMPTY=\n"
                               "DB_USER=postgres\n"
                               "DB_PASSWORD=postgres\n"
                               "PIN_SECRET=12345\n"
                               "USE_TOKEN=true\n"),
              UnorderedElementsAre("first value", "second-value", "postgres", "12345"));
}

TEST(the_values_of_an_env_file, that_are_names_of_the_fleet_are_open) {
  const std::set<std::string, std::less<>> open{"rtx1080", "deploy"};
  EXPECT_THAT(secret_values_in("SERVER=rtx1080\nLOGIN=deploy\nOTHER=rtx1081\n", open),
              UnorderedElementsAre("rtx1081"));
  EXPECT_THAT(secret_values_in("DB_PASSWORD=rtx1080\n", open), UnorderedElementsAre("rtx1080"));
}

TEST(the_values_of_an_env_file, are_known_as_each_program_reads_them) {
  const auto values = secret_values_in("A=with-comment # of mine\n"
                                       "B=\"in \\\"quotes\\\"\"\n"
                                       "C='it'\\''s'\n"
                                       "D=\"-----BEGIN-----\\nMIIEvQIBADANBg\\n-----END-----\"\n");
  EXPECT_THAT(values, Contains("with-comment"));
  EXPECT_THAT(values, Contains("in \"quotes\""));
  EXPECT_THAT(values, Contains("it's"));
  EXPECT_THAT(values, Contains("MIIEvQIBADANBg"));
}

TEST(the_lines_of_another_file, are_secrets) {
  EXPECT_THAT(secret_values_in("-----BEGIN KEY-----\nAAAAB3NzaC1yc2E\nshort\n-----END KEY-----\n"),
              UnorderedElementsAre("AAAAB3NzaC1yc2E"));
}

class secrets_of_a_fleet : public testing::Test {
protected:
  secrets_of_a_fleet() {
    of.name = "homelab";
    host vps;
    vps.reach.name = "vps-one";
    of.hosts = {vps};
    channel hook;
    hook.name = "on_alert";
    hook.run = {{}, "notify --token said-here"};
    of.alerts.channels = {hook};
    of.secrets.places = {{(folder / "master.env").string(), "~/.env", compare_mode::bytes, {}}};
  }
  void write(const std::string& text) { std::ofstream{folder / "master.env"} << text; }

  temp_folder folder;
  fleet of;
};

TEST_F(secrets_of_a_fleet, are_those_that_the_file_says_and_those_of_the_places) {
  write("APP=kept-there\nWHERE=vps-one\n");
  known_secrets known{of};
  EXPECT_EQ(known.all()->redact("said-here kept-there vps-one"), "*** *** vps-one");
}

TEST_F(secrets_of_a_fleet, are_those_of_channels_too) {
  channel phone;
  phone.name = "phone";
  phone.token_file = (folder / "bot").string();
  of.alerts.channels.push_back(phone);
  std::ofstream{folder / "bot"} << "12345:AbC=dEf-of_the-bot\nnot this\n";
  known_secrets known{of};
  EXPECT_EQ(known.all()->redact("to 12345:AbC=dEf-of_the-bot, not this"), "to ***, not this");
}

TEST_F(secrets_of_a_fleet, are_read_again_when_a_script_has_written_them) {
  known_secrets known{of};
  EXPECT_EQ(known.all()->redact("not-there-yet"), "not-there-yet");
  write("APP=not-there-yet\n");
  known.refresh();
  EXPECT_EQ(known.all()->redact("not-there-yet"), "***");
  write("APP=another-value\n");
  known.refresh();
  EXPECT_EQ(known.all()->redact("not-there-yet another-value"), "*** ***")
      << "what was one may still be printed";
}

} // namespace
} // namespace baton
