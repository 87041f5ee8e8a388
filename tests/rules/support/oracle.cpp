#include "tests/rules/support/oracle.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <tuple>

namespace baton::test {

namespace {

class oracle {
public:
  explicit oracle(const played& show) : show_(show) {}

  std::string judge() {
    if (!show_.stuck.empty())
      return show_.stuck + "\n";
    the_verdict_tells_what_is();
    every_step_ends_and_nothing_follows_the_end();
    leases_are_given_back();
    secrets_fit_what_is_served();
    only_what_was_changed_is_taken_back();
    alerts_are_raised();
    the_exit_code_fits();
    production_waits_for_staging_and_tests();
    return said_.str();
  }

private:
  void expect(bool holds, const std::string& what) {
    if (!holds)
      said_ << what << "\n";
  }

  bool is_deployed(const std::string& host) const {
    const auto& all = show_.ends.systems_deployed;
    return std::find(all.begin(), all.end(), host) != all.end();
  }

  void the_verdict_tells_what_is() {
    expect(show_.ends.status.has_value(), "no status");
    expect(show_.ends.state == run_state::finished, "not finished");
    for (const auto& [name, line] : show_.ends.hosts) {
      const char told = "no-m?"[static_cast<std::size_t>(line.serves)];
      const char is = show_.hosts.serves(name);
      // A host that was not touched and out of reach only for a while keeps its last look.
      expect(told == is, name + " is said to serve " + told + " and serves " + is);
      expect(is_deployed(name) == (told == 'n'), name + " is wrongly (not) named as deployed");
    }
    for (const auto& stage : show_.of.stages)
      for (const auto& host : stage.hosts)
        expect(show_.ends.hosts.contains(host), host + " is not named");
    expect((show_.ends.status == status::success) == !show_.ends.why, "an error without a cause");
    for (const auto& phase : show_.of.phases) {
      const auto& all = show_.ends.details;
      const auto named = std::count_if(all.begin(), all.end(),
                                       [&](const auto& one) { return one.first == phase.id; });
      expect(named == (phase.kind == phase_kind::guard ? 0 : 1), "details of " + phase.id);
    }
  }

  void every_step_ends_and_nothing_follows_the_end() {
    std::set<std::tuple<std::string, step_kind, unit_id, int>> running, done;
    bool over = false;
    std::string open;
    for (const auto& one : show_.journal) {
      expect(!over, "something follows the end");
      if (const auto* begun = std::get_if<event::phase_started>(&one.what)) {
        expect(open.empty(), begun->phase + " begins inside " + open);
        open = begun->phase;
      } else if (const auto* ended = std::get_if<event::phase_ended>(&one.what)) {
        expect(running.empty(), ended->phase + " ends while steps run");
        open.clear();
      } else if (const auto* step = std::get_if<event::step_started>(&one.what)) {
        const std::tuple id{step->phase, step->kind, step->of, step->attempt};
        expect(step->phase == open, "a step outside its phase");
        expect(running.insert(id).second && !done.contains(id), "a step begins twice");
      } else if (const auto* end = std::get_if<event::step_ended>(&one.what)) {
        const std::tuple id{end->phase, end->kind, end->of, end->attempt};
        expect(running.erase(id) == 1, "a step ends that did not run");
        done.insert(id);
      } else if (std::holds_alternative<event::run_finished>(one.what)) {
        over = true;
      }
    }
    expect(running.empty() && over, "steps are left");
  }

  void leases_are_given_back() {
    for (const auto& [name, host] : show_.hosts.hosts())
      if (host.reachable && !host.lease_stolen)
        expect(!host.leased || release_failed(name), name + " stays leased");
    for (const auto& what : show_.hosts.violations)
      expect(false, what);
  }

  bool release_failed(const std::string& host) const {
    return failed_steps(step_kind::release_lease).contains(host);
  }

  std::set<std::string> failed_steps(step_kind kind) const {
    std::set<std::string> found;
    for (const auto& one : show_.journal)
      if (const auto* end = std::get_if<event::step_ended>(&one.what))
        if (end->kind == kind && end->outcome.why)
          found.insert(show_.of.units[end->of].host);
    return found;
  }

  bool is_said_to_have_failed(const std::string& host) const {
    const auto& all = show_.ends.rollback_failed;
    return std::find(all.begin(), all.end(), host) != all.end();
  }

  void secrets_fit_what_is_served() {
    for (const auto& [name, host] : show_.hosts.hosts()) {
      if (!host.reachable || host.lease_stolen || is_said_to_have_failed(name))
        continue;
      const bool serves_new = !host.stacks.empty() && show_.hosts.serves_new(name);
      // Synced or not: without a sync they are the old ones for everybody.
      if (!serves_new)
        expect(host.secrets == "old", name + " has new secrets and does not serve the new release");
      else if (show_.began("secrets_sync"))
        expect(host.secrets == "new", name + " serves the new release with old secrets");
    }
  }

  void only_what_was_changed_is_taken_back() {
    for (const auto& host : show_.hosts.restored)
      expect(show_.hosts.activated.contains(host), host + " is taken back untouched");
    if (!show_.of.request.rollback_on_failure)
      expect(show_.hosts.restored.empty(), "something is taken back although rollback is off");
    for (const auto& [name, host] : show_.hosts.hosts())
      if (!show_.hosts.activated.contains(name))
        expect(show_.hosts.serves_what_it_did(name), name + " changed without being touched");
  }

  void alerts_are_raised() {
    const auto alerts = show_.alerts();
    for (const auto& host : show_.ends.rollback_failed)
      expect(std::any_of(alerts.begin(), alerts.end(),
                         [&](const auto& one) {
                           return one.host == host && one.severity == severity::critical;
                         }),
             "nobody is told that " + host + " was not brought back");
  }

  void the_exit_code_fits() {
    const auto code = show_.ends.exit_code;
    const auto how = *show_.ends.status;
    const std::set<int> bad{1, 2, 3, 130, 143};
    if (code == 0)
      expect(how == status::success, "0 without success");
    else if (code == 4)
      expect(how == status::partial_success, "4 without partial success");
    else
      expect(bad.contains(code), "exit " + std::to_string(code));
    if (!show_.ends.rollback_failed.empty())
      expect(code == 2, "a host was not brought back and nobody is called");
    // 1 promises that nobody serves the new release whom a policy wanted to have back.
    if (code == 1 && how == status::rolled_back && show_.of.request.rollback_on_failure)
      for (const auto& host : show_.hosts.restored)
        expect(show_.hosts.serves_what_it_did(host), host + " is not what it was");
  }

  /// Staging comes first, and tests speak before anything else is touched.
  void production_waits_for_staging_and_tests() {
    std::map<std::string, phase_outcome> ended;
    std::size_t leading = 0;
    while (leading < show_.of.stages.size() && show_.of.stages[leading].role == role::staging)
      ++leading;
    const bool tested = std::any_of(show_.of.phases.begin(), show_.of.phases.end(), [](auto& one) {
      return one.kind == phase_kind::tests && !one.skipped;
    });
    for (const auto& one : show_.journal) {
      if (const auto* end = std::get_if<event::phase_ended>(&one.what))
        ended[end->phase] = end->outcome;
      const auto* step = std::get_if<event::step_started>(&one.what);
      if (step == nullptr || step->kind != step_kind::activate)
        continue;
      std::size_t stage = 0;
      while (show_.of.stages[stage].name != step->phase)
        ++stage;
      if (stage < leading)
        continue;
      for (std::size_t before = 0; before < leading; ++before) {
        const auto& policy = show_.of.stages[before].on_failure;
        if (policy.then == after_failure::stop)
          expect(ended[show_.of.stages[before].name] == phase_outcome::ok,
                 step->phase + " is touched although staging did not go well");
      }
      if (tested)
        expect(ended["tests"] == phase_outcome::ok, step->phase + " is touched untested");
    }
  }

  const played& show_;
  std::ostringstream said_;
};

} // namespace

std::string broken_promises(const played& show) {
  return oracle{show}.judge();
}

} // namespace baton::test
