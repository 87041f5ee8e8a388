#include "tests/rules/support/troubles.hpp"

#include "tests/rules/support/fleets.hpp"

#include <gtest/gtest.h>

namespace baton::test {

trouble bad(const std::string& phase, step_kind kind, const std::string& host, mishap how) {
  trouble made;
  made.phase = phase;
  made.kind = kind;
  made.host = host;
  made.bad = std::move(how);
  return made;
}

trouble meanwhile(const std::string& phase, step_kind kind, const std::string& host,
                  std::function<void(host_model&)> what) {
  trouble made;
  made.phase = phase;
  made.kind = kind;
  made.host = host;
  made.times = 1;
  made.meanwhile = std::move(what);
  return made;
}

trouble cancel_in(const std::string& phase, const std::string& host, const std::string& by) {
  trouble made;
  made.phase = phase;
  made.host = host;
  made.times = 1;
  made.cancelled_by = by;
  return made;
}

trouble cancel_in(const std::string& phase, step_kind kind, const std::string& by) {
  auto made = cancel_in(phase, "", by);
  made.kind = kind;
  return made;
}

fleet without_secrets() {
  auto made = homelab();
  made.secrets = {};
  return made;
}

request no_rollback() {
  request made;
  made.rollback_on_failure = false;
  return made;
}

fleet two_stacks(rollback_method with) {
  auto one = make_stage("prod", role::production, {"a", "b"});
  one.stacks.push_back(one.stacks.front());
  one.stacks.back().name = "web";
  one.snapshot.emplace();
  one.snapshot->on = controller_name;
  one.rollback_with = with;
  return bare_fleet({make_stage("first", role::staging, {"s"}), one});
}

trouble limited(trouble what, int times) {
  what.times = times;
  return what;
}

void expect_secrets_fit(const played& show) {
  for (const auto& [name, host] : show.hosts.hosts()) {
    if (!host.reachable || show.now.rollback_failed.contains(name))
      continue;
    const bool serves_new = show.hosts.serves_new(name) && !host.stacks.empty();
    EXPECT_EQ(host.secrets, serves_new ? "new" : "old") << name;
  }
}

} // namespace baton::test
