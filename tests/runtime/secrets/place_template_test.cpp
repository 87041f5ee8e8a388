#include "runtime/secrets/place_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class a_template : public testing::Test {
protected:
  a_template() {
    of.name = "homelab";
    vps.reach.name = "vps";
    vps.reach.address = "192.0.2.7";
    vps.vars = {{"PART", "<&'\"> {{host}}"}, {"EMPTY", ""}};
    of.hosts = {vps};
    stage last;
    last.name = "public";
    last.hosts = {"vps"};
    of.stages = {last};
    of.environments = {{"production", {"public"}}, {"staging", {}}};
    of.default_environment = "production";
  }

  tl::expected<std::string, std::string> filled(const std::string& text,
                                                std::string_view environment = "production") const {
    return fill_in(text, names_of_host(of, vps, environment));
  }

  fleet of;
  host vps;
};

TEST_F(a_template, is_filled_in_as_it_is) {
  EXPECT_EQ(filled("A={{host}}\nB={{{address}}} {{stage}}/{{ environment }}\n\n").value(),
            "A=vps\nB=192.0.2.7 public/production\n\n");
  EXPECT_EQ(filled("{{vars.PART}}").value(), "<&'\"> {{host}}") << "nor again what is filled in";
  EXPECT_EQ(filled("A={{vars.EMPTY}}\n").value(), "A=\n");
  vps.reach.user = "deploy";
  vps.check_address = "vps.lan";
  EXPECT_EQ(filled("{{user}}@{{address}}").value(), "deploy@vps.lan");
}

TEST_F(a_template, may_say_how_names_are_marked) {
  EXPECT_EQ(filled("{{=<< >>=}}A=<<host>> {{ .Name }}\n").value(), "A=vps {{ .Name }}\n");
  EXPECT_EQ(filled("{{! for people }}A={{#host}}1{{/host}}").value(), "A=1");
}

TEST_F(a_template, names_what_means_nothing_or_has_no_value) {
  EXPECT_THAT(filled("A={{hots}}").error(),
              AllOf(HasSubstr("{{hots}} means nothing"), HasSubstr("vars.NAME")));
  EXPECT_THAT(filled("A={{vars.OTHER}}").error(), HasSubstr("no such variable in `vars`"));
  EXPECT_THAT(filled("A={{user}}").error(), HasSubstr("set `user` of host vps"));
  EXPECT_THAT(filled("A={{stage}}", "staging").error(), HasSubstr("no stage of this environment"));
  // a verb that does one thing alone
  EXPECT_THAT(filled("A={{environment}}", "every stage").error(), HasSubstr("--env"));
  of.stages.push_back(of.stages[0]);
  of.stages[1].name = "again";
  of.environments[0].stages.emplace_back("again");
  EXPECT_THAT(filled("A={{stage}}").error(), HasSubstr("several stages have host vps"));
  EXPECT_THAT(filled("{{a1}}{{a2}}{{a3}}{{a4}}{{a5}}{{a6}}").error(), HasSubstr("and more"));
}

TEST_F(a_template, tells_of_a_mistake_where_it_is_and_not_what_stands_there) {
  EXPECT_EQ(filled("A=1\n\nB={{s3cret").error(), "unclosed tag in line 3");
  EXPECT_EQ(filled("A=1\n{{#s3cret value}}").error(), "unclosed section in line 2");
  EXPECT_EQ(filled("{{/s3cret}}").error(), "unopened section in line 1");
  EXPECT_EQ(filled("\n{{=s3cret}}").error(), "invalid set delimiter tag in line 2");
  for (const auto* text : {"{{s3cret/piece}}", "{{> s3cret}}", "{{}}", "{{.}}x{{s3 cret}}"})
    EXPECT_THAT(filled(text).error(),
                AllOf(HasSubstr("between {{ and }} is no name"), Not(HasSubstr("s3cret"))))
        << text;
}

TEST_F(a_template, can_be_filled_in_for_any_run_before_there_is_one) {
  const auto names = names_of_any_run(of, vps);
  EXPECT_TRUE(fill_in("{{host}}{{stage}}{{environment}}{{vars.PART}}", names));
  EXPECT_FALSE(fill_in("{{stages}}", names));
  EXPECT_EQ(all_names_of_host(of, vps, "every stage").size(), 1U) << "staging has not the host";
  EXPECT_EQ(all_names_of_host(of, vps, "staging").size(), 1U);
}

RC_GTEST_PROP(any_text, is_filled_in_or_refused, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
      std::vector<std::string>{"{{",   "}}", "{",  "}",    "=",  "#",  "/", "^", ">",    "&", "!",
                               "host", " ",  "\n", "\r\n", "<<", ">>", ".", "",  "\xff", "\""}));
  std::string text;
  for (const auto& piece : pieces)
    text += piece;
  place_names names;
  names.values["host"] = "vps";
  const auto made = fill_in(text, names);
  if (!names_something(text))
    RC_ASSERT(made == text);
  else
    RC_ASSERT(made || !made.error().empty());
}

} // namespace
} // namespace baton
