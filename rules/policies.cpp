#include "rules/policies.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace baton {

namespace {

/// Names that mean something else in a result, a step's id or a target.
constexpr std::array<std::string_view, 7> taken{
    "pre_flight", "secrets_sync", "snapshots", "tests", "verification", "ending", controller_name};

class policy_check {
public:
  explicit policy_check(const fleet& of) : of_(of) {}

  std::vector<policy_fault> run() {
    hosts();
    stages();
    environments();
    secrets();
    tests();
    verification();
    return std::move(found_);
  }

private:
  void say(std::string where, std::string what) {
    found_.push_back({std::move(where), std::move(what)});
  }

  bool is_target(const std::string& name) const {
    return name == controller_name || find_host(of_, name) != nullptr;
  }

  void check_target(const std::string& where, const std::string& name) {
    if (!is_target(name))
      say(where, "`" + name + "` is neither a host nor `controller`");
  }

  void hosts() {
    if (of_.hosts.empty())
      say("hosts", "a fleet needs at least one host");
    std::set<std::string> seen;
    for (const auto& host : of_.hosts) {
      const auto& name = host.reach.name;
      if (name == controller_name)
        say("hosts." + name, "`controller` is the machine Baton runs on; name the host otherwise");
      if (!seen.insert(name).second)
        say("hosts." + name, "this host is there twice");
    }
  }

  void stages() {
    if (of_.stages.empty())
      say("stages", "a fleet needs at least one stage");
    std::set<std::string> seen;
    for (const auto& stage : of_.stages) {
      const auto where = "stages." + stage.name;
      if (!seen.insert(stage.name).second)
        say(where, "this stage is there twice");
      check_stage_name(where, stage.name);
      check_stage_parts(where, stage);
      check_stage_policy(where, stage);
    }
  }

  void check_stage_name(const std::string& where, const std::string& name) {
    const bool of_a_phase = std::find(taken.begin(), taken.end(), name) != taken.end();
    if (of_a_phase)
      say(where, "`" + name + "` is the name of a phase; name the stage otherwise");
    // Phases beside the stages are called `guard:…` and `rollback:…`; `/` separates ids of steps.
    if (name.empty() || name.find_first_of(":/") != std::string::npos)
      say(where, "a stage's name is not empty and has neither `:` nor `/`");
  }

  void check_stage_parts(const std::string& where, const stage& one) {
    if (one.hosts.empty())
      say(where + ".hosts", "a stage needs at least one host");
    if (one.stacks.empty())
      say(where, "a stage needs at least one stack");
    std::set<std::string> seen;
    for (const auto& host : one.hosts) {
      if (find_host(of_, host) == nullptr)
        say(where + ".hosts", "no host is named `" + host + "`");
      if (!seen.insert(host).second)
        say(where + ".hosts", "`" + host + "` is there twice");
    }
    std::set<std::string> stacks;
    for (const auto& stack : one.stacks)
      if (!stacks.insert(stack.name).second)
        say(where + ".stacks", "`" + stack.name + "` is there twice");
    check_snapshot(where, one);
  }

  void check_snapshot(const std::string& where, const stage& one) {
    if (one.snapshot && !one.snapshot->on.empty())
      check_target(where + ".snapshot.on", one.snapshot->on);
    if (one.snapshot && one.snapshot->keep < 1)
      say(where + ".snapshot.keep", "at least the newest snapshot must be kept: 1 or more");
    if (one.rollback_with == rollback_method::app)
      return;
    if (!one.snapshot)
      say(where + ".rollback_with", "there is no snapshot to roll back to; add `snapshot:`");
    else if (one.snapshot->covers == snapshot_covers::other)
      say(where + ".rollback_with",
          "a snapshot that covers something else is never rolled back to; use `app`");
  }

  void check_stage_policy(const std::string& where, const stage& one) {
    check_retry(where + ".retry", one.retry);
    check_policy(where + ".on_failure", one.on_failure, true);
    if (one.on_failure.ends == status::aborted)
      say(where + ".on_failure.status", "`aborted` means that nothing was touched; use `failed`");
  }

  void check_retry(const std::string& where, const retry_policy& by) {
    if (by.attempts_max < 1)
      say(where + ".attempts", "there is always a first attempt: 1 or more");
    if (by.base < duration{0} || by.cap < by.base)
      say(where, "`base` must not be negative, nor `cap` less than `base`");
    if (by.factor < 1)
      say(where + ".factor", "waits must not become shorter: 1 or more");
  }

  /// What is senseless in every phase.
  void check_policy(const std::string& where, const failure_policy& by, bool of_a_stage) {
    if (by.ends == status::success)
      say(where + ".status", "a failure cannot end in `success`");
    if (by.rollback == scope::none && by.ends == status::rolled_back)
      say(where, "`rollback: none` cannot end as `rolled_back`; use `failed`, or another scope");
    if (by.then == after_failure::go_on && by.ends != status::partial_success)
      say(where + ".then", "only a failure that ends as `partial_success` may `go_on`");
    if (by.ends == status::partial_success && by.rollback >= scope::upstream)
      say(where + ".rollback",
          "nothing would be left of a `partial_success`; use `self` or `none`");
    if (!of_a_stage && by.rollback == scope::self)
      say(where + ".rollback", "`self` is a stage's own hosts, and this is no stage");
  }

  /// Phases in which nothing that serves is touched.
  void check_early(const std::string& where, const failure_policy& by) {
    check_policy(where, by, false);
    if (by.ends == status::partial_success || by.ends == status::rolled_back)
      say(where + ".status", "nothing is deployed yet; use `aborted` or `failed`");
  }

  void environments() {
    if (find_environment(of_, of_.default_environment) == nullptr)
      say("default_environment", "no environment is named `" + of_.default_environment + "`");
    for (const auto& one : of_.environments) {
      const auto where = "environments." + one.name;
      if (one.stages.empty())
        say(where, "an environment needs at least one stage");
      check_environment(where, one);
    }
  }

  void check_environment(const std::string& where, const environment& one) {
    std::set<std::string> stages;
    std::map<std::string, std::string> stage_of;
    for (const auto& name : one.stages) {
      const auto* stage = find_stage(of_, name);
      if (stage == nullptr) {
        say(where, "no stage is named `" + name + "`");
        continue;
      }
      if (!stages.insert(name).second) {
        say(where, "stage `" + name + "` is there twice");
        continue;
      }
      for (const auto& host : stage->hosts)
        if (const auto [at, first] = stage_of.emplace(host, name); !first && at->second != name)
          say(where, "host `" + host + "` is in both `" + at->second + "` and `" + name
                         + "`; a run passes each host once");
    }
  }

  void secrets() {
    check_early("pre_flight.on_failure", of_.pre_flight_on_failure);
    check_early("secrets.on_failure", of_.secrets_on_failure);
    check_early("snapshots.on_failure", of_.snapshots_on_failure);
    check_retry("secrets.retry", of_.secrets_retry);
    if (of_.secrets.driver == secrets_driver::none)
      return;
    if (of_.secrets.on != "each_host")
      check_target("secrets.on", of_.secrets.on);
    if (of_.secrets.driver == secrets_driver::script && of_.secrets.script.empty())
      say("secrets.script", "which script brings the secrets?");
    if (of_.secrets.places.empty())
      say("secrets.places", "without places nothing could be saved, compared or put back");
    for (const auto& place : of_.secrets.places)
      for (const auto& host : place.hosts)
        if (find_host(of_, host) == nullptr)
          say("secrets.places", "no host is named `" + host + "`");
  }

  void tests() {
    if (!of_.tests.wanted)
      return;
    check_target("tests.on", of_.tests.on);
    if (of_.tests.run.empty())
      say("tests.command", "which command runs the tests?");
    check_policy("tests.on_failure", of_.tests.on_failure, false);
    check_retry("tests.retry", of_.tests.retry);
  }

  void verification() {
    check_policy("verification.on_failure", of_.verification.on_failure, false);
    check_retry("verification.retry", of_.verification.retry);
    for (const auto& check : of_.verification.checks) {
      if (!check.of.empty() && find_stage(of_, check.of) == nullptr)
        say("verification.checks", "no stage is named `" + check.of + "`");
      if (!check.on.empty() && check.on != "host")
        check_target("verification.checks", check.on);
    }
  }

  const fleet& of_;
  std::vector<policy_fault> found_;
};

} // namespace

std::vector<policy_fault> check_policies(const fleet& of) {
  return policy_check{of}.run();
}

} // namespace baton
