#include "tests/simulate/scenarios.hpp"

#include "rules/policies.hpp"
#include "tests/rules/support/fleets.hpp"

#include <algorithm>
#include <stdexcept>

namespace baton::simulate {

namespace {

constexpr int hosts_max = 5;
constexpr std::uint64_t only_crashes_every = 8;
constexpr std::uint64_t succession_every = 16;

failure_policy draw_policy(dice& by) {
  const std::vector<failure_policy> sensible{
      {scope::upstream, status::failed, severity::warning, after_failure::stop},
      {scope::upstream, status::rolled_back, severity::critical, after_failure::stop},
      {scope::self, status::partial_success, severity::critical, after_failure::go_on},
      {scope::self, status::partial_success, severity::critical, after_failure::stop},
      {scope::self, status::failed, severity::warning, after_failure::stop},
      {scope::all, status::rolled_back, severity::critical, after_failure::stop},
      {scope::none, status::failed, severity::none, after_failure::stop},
      {scope::none, status::partial_success, severity::info, after_failure::go_on}};
  return by.one_of(sensible);
}

void draw_snapshot(stage& of, dice& by) {
  snapshot_policy how;
  how.script = "~/snapshot.sh";
  if (by.one_in(3))
    how.on = controller_name;
  else if (by.one_in(3) && of.hosts.size() == 1)
    how.on = of.hosts.front();
  if (by.one_in(6))
    how.covers = snapshot_covers::other;
  of.snapshot = how;
  if (how.covers == snapshot_covers::stack)
    of.rollback_with = static_cast<rollback_method>(by.up_to(2));
}

stage draw_stage(dice& by, int nth, role as, int& hosts_left) {
  const auto name = "s" + std::to_string(nth);
  const int count = std::min(by.one_in(3) ? by.between(1, 3) : 1, hosts_left);
  hosts_left -= count;
  std::vector<std::string> hosts;
  for (int host = 0; host < count; ++host)
    hosts.push_back(name + static_cast<char>('a' + host));
  auto made = test::make_stage(name, as, hosts);
  auto& app = made.stacks.back();
  app.engine = command_engine{};
  app.path = "~/app";
  app.health.steady = seconds(by.up_to(3));
  app.health.deadline = seconds(by.between(5, 25));
  if (by.one_in(6)) {
    health_check check;
    check.url = "http://${host}/";
    check.on = controller_name;
    app.health.checks.push_back(check);
  }
  if (by.one_in(7)) {
    made.stacks.push_back(app);
    made.stacks.back().name = "web";
    made.stacks.back().path = "~/web";
  }
  if (by.one_in(4))
    made.on_failure = draw_policy(by);
  made.retry.attempts_max = by.between(1, 3);
  made.retry.base = seconds(by.between(1, 5));
  if (by.one_in(8))
    made.verify = verify_mode::report;
  if (by.one_in(3))
    draw_snapshot(made, by);
  return made;
}

fleet draw_fleet(dice& by) {
  std::vector<stage> stages;
  int hosts_left = hosts_max;
  const int count = by.one_in(2) ? 3 : by.between(1, 3);
  for (int nth = 0; nth < count && hosts_left > 0; ++nth) {
    const auto usual = static_cast<role>(count == 1 ? 1 : nth);
    stages.push_back(
        draw_stage(by, nth, by.one_in(5) ? static_cast<role>(by.up_to(2)) : usual, hosts_left));
  }
  auto made = test::bare_fleet(std::move(stages));
  if (by.one_in(6) && made.stages.size() > 1)
    made.environments[0].stages.pop_back();
  auto& secrets = made.secrets;
  if (!by.one_in(3)) {
    secrets.driver = by.one_in(2) ? secrets_driver::script : secrets_driver::builtin;
    secrets.reach = by.one_in(2) ? secrets_scope::fleet : secrets_scope::run;
    secrets.script = "~/sync";
    if (secrets.driver == secrets_driver::script && by.one_in(3))
      secrets.on = "each_host";
    secrets.places.push_back({"~/.env.master", "~/app/.env", compare_mode::bytes, {}});
    made.secrets_retry.attempts_max = by.between(1, 2);
    made.secrets_retry.base = seconds(2);
  }
  if (by.one_in(2)) {
    made.tests.wanted = true;
    made.tests.run.shell = "true";
    made.tests.on = by.one_in(2) ? controller_name : made.stages.front().hosts.front();
    made.tests.retry.attempts_max = by.between(1, 2);
    made.tests.retry.base = seconds(2);
  }
  if (by.one_in(2)) {
    health_check check;
    check.of = made.stages[static_cast<std::size_t>(
                               by.up_to(static_cast<int>(made.environments[0].stages.size()) - 1))]
                   .name;
    check.url = "http://${host}/";
    check.on = controller_name;
    made.verification.checks.push_back(check);
  }
  if (by.one_in(4))
    made.verification.rollback = verification_rollback::failing_stage;
  made.verification.retry.attempts_max = by.between(1, 2);
  made.verification.retry.base = seconds(2);
  made.lease_dead_after = seconds(by.between(40, 600));
  made.guard_unreachable_after = seconds(by.between(5, 40));
  auto& limit = made.deadlines;
  limit.connect = seconds(by.between(5, 15));
  limit.prepare = seconds(by.between(60, 300));
  limit.activate = seconds(by.between(30, 120));
  limit.tests = limit.rollback = limit.verification = limit.snapshot = seconds(120);
  return made;
}

request draw_request(dice& by) {
  request made;
  made.rollback_on_failure = !by.one_in(7);
  made.skip_tests = by.one_in(5);
  return made;
}

/// Somebody else takes the hosts over from an owner that is dead, and that comes back.
void draw_succession(scenario& into, dice& by) {
  into.of.lease_dead_after = seconds(by.between(40, 90));
  misfortune dies;
  dies.what = mischief::crash;
  dies.at_step = by.up_to(70);
  dies.until_resumed = seconds(by.between(120, 400));
  into.misfortunes.push_back(dies);
  into.deployments.push_back(
      {"lap", seconds(by.between(90, 300)), draw_request(by), {"run-2", "r2"}});
}

} // namespace

scenario draw_scenario(std::uint64_t seed) {
  dice by{seed * 0x9e3779b97f4a7c15U + 1};
  scenario made;
  made.of = draw_fleet(by);
  if (const auto wrong = check_policies(made.of); !wrong.empty())
    throw std::logic_error("a fleet that no config check lets pass: " + wrong.front().what);
  made.deployments.push_back({"desk", duration{0}, draw_request(by), {"run-1", "r1"}});
  if (seed % only_crashes_every == 0) {
    made.misfortunes = draw_crashes(by);
    return made; // alone: compared with a run that nothing befell
  }
  if (seed % succession_every == 1) {
    draw_succession(made, by);
    return made;
  }
  made.misfortunes = draw_misfortunes(by);
  if (by.one_in(6)) {
    // Whoever comes late may find a dead owner's lease.
    const auto at = by.one_in(2) ? by.between(0, 60) : by.between(100, 1200);
    made.deployments.push_back({"lap", seconds(at), draw_request(by), {"run-2", "r2"}});
  }
  if (by.one_in(8))
    made.deployments.push_back(
        {"desk", seconds(by.between(1, 300)), draw_request(by), {"run-3", "r3"}});
  return made;
}

bool has_only_crashes(const scenario& what) {
  return what.deployments.size() == 1
         && std::all_of(what.misfortunes.begin(), what.misfortunes.end(), [](const auto& one) {
              return one.what == mischief::crash || one.what == mischief::crash_before
                     || one.what == mischief::crash_after;
            });
}

} // namespace baton::simulate
