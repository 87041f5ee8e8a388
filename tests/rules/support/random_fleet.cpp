#include "tests/rules/support/random_fleet.hpp"

#include "tests/rules/support/fleets.hpp"

#include <array>
#include <utility>

namespace baton::test {

int up_to(std::mt19937& by, int most) {
  // Not a distribution of the library: those differ from one implementation to the next.
  return static_cast<int>(by() % static_cast<unsigned>(most + 1));
}

bool one_in(std::mt19937& by, int many) {
  return up_to(by, many - 1) == 0;
}

namespace {

failure_policy random_policy(std::mt19937& by) {
  static const std::array<failure_policy, 8> sensible{{
      {scope::upstream, status::failed, severity::warning, after_failure::stop},
      {scope::upstream, status::rolled_back, severity::critical, after_failure::stop},
      {scope::self, status::partial_success, severity::critical, after_failure::go_on},
      {scope::self, status::partial_success, severity::critical, after_failure::stop},
      {scope::self, status::failed, severity::warning, after_failure::stop},
      {scope::all, status::rolled_back, severity::critical, after_failure::stop},
      {scope::none, status::failed, severity::none, after_failure::stop},
      {scope::none, status::partial_success, severity::info, after_failure::go_on},
  }};
  return sensible[static_cast<std::size_t>(up_to(by, 7))];
}

stage random_stage(std::mt19937& by, int nth) {
  const auto name = "s" + std::to_string(nth);
  std::vector<std::string> hosts;
  for (int host = up_to(by, 2); host >= 0; --host)
    hosts.push_back(name + static_cast<char>('a' + host));
  auto made = make_stage(name, static_cast<role>(up_to(by, 2)), hosts);
  if (one_in(by, 3)) {
    made.stacks.push_back(made.stacks.front());
    made.stacks.back().name = "web";
  }
  if (one_in(by, 2))
    made.on_failure = random_policy(by);
  made.retry.attempts_max = 1 + up_to(by, 2);
  if (one_in(by, 6))
    made.verify = verify_mode::report;
  if (one_in(by, 3)) {
    made.snapshot.emplace();
    made.rollback_with = static_cast<rollback_method>(up_to(by, 2));
  }
  return made;
}

} // namespace

fleet random_fleet(std::mt19937& by) {
  std::vector<stage> stages;
  for (int left = up_to(by, 4); left >= 0; --left)
    stages.push_back(random_stage(by, left));
  auto made = bare_fleet(std::move(stages));
  if (one_in(by, 3) && made.stages.size() > 1)
    made.environments[0].stages.pop_back();
  if (!one_in(by, 3)) {
    made.secrets.driver = one_in(by, 2) ? secrets_driver::script : secrets_driver::builtin;
    made.secrets.reach = one_in(by, 2) ? secrets_scope::fleet : secrets_scope::run;
    made.secrets.script = "~/sync";
    if (one_in(by, 3))
      made.secrets.on = "each_host";
    made.secrets.places.push_back({});
    made.secrets_retry.attempts_max = 1 + up_to(by, 1);
  }
  if (one_in(by, 2)) {
    made.tests.wanted = true;
    made.tests.run.shell = "true";
    made.tests.retry.attempts_max = 1 + up_to(by, 1);
  }
  if (one_in(by, 2)) {
    health_check check;
    check.of = made.stages.front().name;
    made.verification.checks.push_back(check);
  }
  if (one_in(by, 3))
    made.verification.rollback = verification_rollback::failing_stage;
  made.verification.retry.attempts_max = 1 + up_to(by, 1);
  return made;
}

request random_request(std::mt19937& by) {
  request made;
  made.rollback_on_failure = !one_in(by, 5);
  made.skip_tests = one_in(by, 4);
  return made;
}

} // namespace baton::test
