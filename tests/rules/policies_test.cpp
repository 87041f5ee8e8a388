#include "rules/policies.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/random_fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace baton::test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> faults_of(const fleet& of) {
  std::vector<std::string> found;
  for (const auto& one : check_policies(of))
    found.push_back(one.where + ": " + one.what);
  return found;
}

TEST(check_policies, finds_nothing_in_the_default_fleet) {
  EXPECT_THAT(faults_of(homelab()), IsEmpty());
  EXPECT_THAT(faults_of(bare_fleet({make_stage("a", role::production, {"x", "y"})})), IsEmpty());
}

struct senseless {
  const char* where;
  const char* says; ///< a part of it
  std::function<void(fleet&)> make;
};

class check_policies_finds : public testing::TestWithParam<senseless> {};

TEST_P(check_policies_finds, what_is_senseless) {
  auto of = homelab();
  GetParam().make(of);
  const auto found = check_policies(of);
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(faults_of(of));
  EXPECT_EQ(found[0].where, GetParam().where);
  EXPECT_THAT(found[0].what, testing::HasSubstr(GetParam().says));
}

failure_policy policy(scope over, status ends, after_failure then = after_failure::stop) {
  return {over, ends, severity::warning, then};
}

const std::vector<senseless> cases{
    {"hosts.controller", "Baton runs on",
     [](fleet& of) { of.hosts.push_back(make_host("controller")); }},
    {"hosts.vps", "twice", [](fleet& of) { of.hosts.push_back(make_host("vps")); }},
    {"stages.vps", "twice", [](fleet& of) { of.stages.push_back(of.stages[2]); }},
    {"stages.tests", "name of a phase",
     [](fleet& of) { of.stages.push_back(make_stage("tests", role::staging, {"vps"})); }},
    {"stages.controller", "name of a phase",
     [](fleet& of) { of.stages.push_back(make_stage("controller", role::staging, {"vps"})); }},
    {"stages.a:b", "neither",
     [](fleet& of) { of.stages.push_back(make_stage("a:b", role::staging, {"vps"})); }},
    {"stages.", "not empty",
     [](fleet& of) { of.stages.push_back(make_stage("", role::staging, {"vps"})); }},
    {"stages.vps.hosts", "at least one host", [](fleet& of) { of.stages[2].hosts.clear(); }},
    {"stages.vps", "at least one stack", [](fleet& of) { of.stages[2].stacks.clear(); }},
    {"stages.vps.hosts", "no host is named `moon`",
     [](fleet& of) { of.stages[2].hosts.push_back("moon"); }},
    {"stages.vps.hosts", "twice", [](fleet& of) { of.stages[2].hosts.push_back("vps"); }},
    {"stages.vps.stacks", "twice",
     [](fleet& of) { of.stages[2].stacks.push_back(of.stages[2].stacks[0]); }},
    {"stages.rtx1080.snapshot.on", "neither a host",
     [](fleet& of) { of.stages[1].snapshot->on = "moon"; }},
    {"stages.rtx1080.snapshot.keep", "1 or more",
     [](fleet& of) { of.stages[1].snapshot->keep = 0; }},
    {"stages.rtx1080.rollback_with", "no snapshot",
     [](fleet& of) { of.stages[1].snapshot.reset(); }},
    {"stages.rtx1080.rollback_with", "something else",
     [](fleet& of) { of.stages[1].snapshot->covers = snapshot_covers::other; }},
    {"stages.vps.on_failure.status", "use `failed`",
     [](fleet& of) { of.stages[2].on_failure = policy(scope::self, status::aborted); }},
    {"stages.vps.retry.attempts", "1 or more",
     [](fleet& of) { of.stages[2].retry.attempts_max = 0; }},
    {"stages.vps.retry", "negative", [](fleet& of) { of.stages[2].retry.base = duration{-1}; }},
    {"stages.vps.retry", "cap", [](fleet& of) { of.stages[2].retry.cap = duration{1}; }},
    {"stages.vps.retry.factor", "shorter", [](fleet& of) { of.stages[2].retry.factor = 0.5; }},
    {"stages.vps.on_failure.status", "cannot end in `success`",
     [](fleet& of) { of.stages[2].on_failure = policy(scope::self, status::success); }},
    {"stages.vps.on_failure", "`rollback: none`",
     [](fleet& of) { of.stages[2].on_failure = policy(scope::none, status::rolled_back); }},
    {"stages.vps.on_failure.then", "only a failure",
     [](fleet& of) {
       of.stages[2].on_failure = policy(scope::self, status::failed, after_failure::go_on);
     }},
    {"stages.vps.on_failure.rollback", "nothing would be left",
     [](fleet& of) { of.stages[2].on_failure.rollback = scope::upstream; }},
    {"tests.on_failure.rollback", "no stage",
     [](fleet& of) { of.tests.on_failure = policy(scope::self, status::failed); }},
    {"pre_flight.on_failure.status", "nothing is deployed yet",
     [](fleet& of) { of.pre_flight_on_failure = policy(scope::all, status::rolled_back); }},
    {"secrets.on_failure.status", "nothing is deployed yet",
     [](fleet& of) { of.secrets_on_failure = policy(scope::none, status::partial_success); }},
    {"default_environment", "no environment", [](fleet& of) { of.default_environment = "moon"; }},
    {"environments.empty", "at least one stage",
     [](fleet& of) {
       of.environments.push_back({"empty", {}});
     }},
    {"environments.e", "no stage is named `moon`",
     [](fleet& of) {
       of.environments.push_back({"e", {"vps", "moon"}});
     }},
    {"environments.e", "`vps` is there twice",
     [](fleet& of) {
       of.environments.push_back({"e", {"vps", "vps"}});
     }},
    {"environments.e", "in both `vps` and `more`",
     [](fleet& of) {
       of.stages.push_back(make_stage("more", role::staging, {"vps"}));
       of.environments.push_back({"e", {"vps", "more"}});
     }},
    {"secrets.on", "neither a host", [](fleet& of) { of.secrets.on = "moon"; }},
    {"secrets.script", "which script", [](fleet& of) { of.secrets.script.clear(); }},
    {"secrets.places", "without places", [](fleet& of) { of.secrets.places.clear(); }},
    {"secrets.places", "no host is named `moon`",
     [](fleet& of) {
       of.secrets.places[0].hosts = {"vps", "moon"};
     }},
    {"tests.on", "neither a host", [](fleet& of) { of.tests.on = "moon"; }},
    {"tests.command", "which command", [](fleet& of) { of.tests.run = {}; }},
    {"verification.checks", "no stage", [](fleet& of) { of.verification.checks[0].of = "moon"; }},
    {"verification.checks", "neither a host",
     [](fleet& of) { of.verification.checks[0].on = "moon"; }},
};

INSTANTIATE_TEST_SUITE_P(each, check_policies_finds, testing::ValuesIn(cases));

TEST(check_policies, lets_through_what_is_unusual_but_has_a_meaning) {
  auto of = homelab();
  of.stages[2].on_failure = policy(scope::self, status::partial_success);
  of.stages[1].on_failure = policy(scope::none, status::failed);
  of.secrets.on = "each_host";
  of.secrets.driver = secrets_driver::builtin;
  of.secrets.script.clear();
  of.tests.wanted = false;
  of.tests.run = {};
  of.verification.checks[0].on = "host";
  of.verification.checks.push_back({});
  of.stages[1].snapshot->on = "vps";
  EXPECT_THAT(faults_of(of), IsEmpty());
}

TEST(check_policies, finds_everything_at_once) {
  fleet of;
  of.default_environment = "production";
  EXPECT_THAT(faults_of(of),
              ElementsAre(testing::StartsWith("hosts: "), testing::StartsWith("stages: "),
                          testing::StartsWith("default_environment: ")));
}

TEST(check_policies, finds_nothing_in_the_random_fleets_of_the_other_tests) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 by{seed};
    EXPECT_THAT(faults_of(random_fleet(by)), IsEmpty()) << seed;
  }
}

} // namespace

} // namespace baton::test
