#include "tests/rules/support/chooser.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/oracle.hpp"
#include "tests/rules/support/player.hpp"
#include "tests/rules/support/troubles.hpp"

#include <gtest/gtest.h>

#include <algorithm>

/// Every combination that the default fleet can meet: each phase goes well, fails in each of its
/// steps (once and retryably, for good, half-way, by time-out), is cancelled, or a guard finds
/// somebody ill; rollbacks and put-backs work or fail; all of it for each kind of request.

namespace baton::test {

namespace {

/// How one phase is to go.
struct way {
  enum { well, once, for_good, half_way, times_out, cancelled } how = well;
  step_kind kind = step_kind::look;
  std::string host; ///< empty: the first that comes
};

std::vector<way> ways_of(const phase& of) {
  using enum step_kind;
  std::vector<way> ways{{}};
  const auto each = [&](step_kind kind, std::vector<std::string> hosts, auto... how) {
    for (const auto& host : hosts)
      (ways.push_back({how, kind, host}), ...);
  };
  switch (of.kind) {
  case phase_kind::pre_flight:
    each(resolve, {"controller"}, way::for_good);
    each(lease, {"rtx1080"}, way::for_good, way::times_out);
    each(inspect, {"vps"}, way::for_good, way::times_out, way::cancelled);
    each(baseline, {"thinkpad"}, way::for_good, way::half_way);
    break;
  case phase_kind::secrets_sync:
    each(save_secrets, {"rtx1080"}, way::for_good, way::half_way, way::cancelled);
    each(sync_secrets, {"controller"}, way::once, way::for_good, way::half_way);
    each(compare_secrets, {"vps"}, way::for_good);
    break;
  case phase_kind::snapshots:
    each(create_snapshot, {"rtx1080"}, way::for_good, way::half_way, way::times_out,
         way::cancelled);
    break;
  case phase_kind::deploy:
    each(prepare, {of.id}, way::once, way::for_good, way::times_out, way::cancelled);
    each(activate, {of.id}, way::once, way::for_good, way::half_way, way::times_out);
    each(gate, {of.id}, way::once, way::for_good, way::times_out);
    break;
  case phase_kind::guard:
    for (const auto& step : of.steps)
      for (const auto& on : step.on)
        ways.push_back({way::for_good, guard, on.target});
    ways.push_back({way::cancelled, guard, ""});
    break;
  case phase_kind::tests:
    each(run_tests, {"thinkpad"}, way::once, way::for_good, way::times_out, way::cancelled);
    break;
  default: // verification
    for (const auto& on : of.steps.front().on)
      ways.push_back({way::for_good, verify, on.target});
    each(verify, {""}, way::once, way::times_out, way::cancelled);
    if (of.steps.size() > 1)
      each(verify_checks, {"controller"}, way::for_good, way::times_out);
    break;
  }
  return ways;
}

/// What the default policies say for a phase of the default fleet that fails, in its own words.
struct row {
  std::string ends;
  std::set<std::string> back;
};

row row_of(const std::string& phase, bool rollback) {
  const bool early = phase == "pre_flight" || phase == "secrets_sync" || phase == "snapshots";
  if (early)
    return {"aborted", {}};
  if (phase == "vps")
    return {"partial_success", rollback ? std::set<std::string>{"vps"} : std::set<std::string>{}};
  if (!rollback)
    return {"failed", {}};
  if (phase == "thinkpad" || phase == "tests")
    return {"failed", {"thinkpad"}};
  if (phase == "rtx1080")
    return {"rolled_back", {"thinkpad", "rtx1080"}};
  return {"rolled_back", {"thinkpad", "rtx1080", "vps"}};
}

std::string worse(const std::string& a, const std::string& b) {
  const std::vector<std::string> by_gravity{"success", "partial_success", "rolled_back", "failed",
                                            "aborted"};
  const auto rank = [&](const std::string& one) {
    return std::find(by_gravity.begin(), by_gravity.end(), one);
  };
  return rank(a) < rank(b) ? b : a;
}

class combination {
public:
  combination(std::shared_ptr<const plan> of, chooser& by) : of_(std::move(of)), by_(by) {}

  void run() {
    staging with;
    with.decide = [this](const event::step_started& step) { return decide(step); };
    with.cancels = [this](const std::string& phase) { return cancels(phase); };
    const auto show = play(of_, with);
    const auto wrong = broken_promises(show) + judge(show);
    ASSERT_EQ(wrong, "") << told_ << "\n" << show.row();
  }

private:
  const way& way_of(const std::string& phase) {
    const auto [at, first] = ways_.try_emplace(phase);
    if (!first)
      return at->second;
    for (const auto& one : of_->phases)
      if (one.id == phase) {
        const auto ways = ways_of(one);
        at->second = ways[by_.choose(ways.size())];
      }
    if (at->second.how != way::well)
      told_ += phase + " " + std::string{to_string(at->second.kind)} + " " + at->second.host + " "
               + std::to_string(at->second.how) + "\n";
    return at->second;
  }

  std::string cancels(const std::string& phase) {
    return way_of(phase).how == way::cancelled ? "SIGINT" : "";
  }

  std::optional<mishap> decide(const event::step_started& step) {
    const auto& host = of_->units[step.of].host;
    if (step.phase.rfind("rollback:", 0) == 0)
      return decide_rollback(step);
    if (step.phase == "ending")
      return step.kind == step_kind::put_back_secrets ? decide_put_back(host) : std::nullopt;
    const auto& goes = way_of(step.phase);
    if (goes.how == way::well || goes.how == way::cancelled || goes.kind != step.kind
        || (!goes.host.empty() && goes.host != host))
      return std::nullopt;
    switch (goes.how) {
    case way::once:
      return step.attempt == 1 ? std::optional{fails_retryably(ec::connection_lost)} : std::nullopt;
    case way::half_way:
      return fails_half_way();
    case way::times_out: {
      auto made = fails_half_way(ec::timed_out);
      made.why.retryable = true;
      return made;
    }
    default:
      return fails();
    }
  }

  /// A choice for each stage: it works, its application does not, nor does its snapshot.
  std::optional<mishap> decide_rollback(const event::step_started& step) {
    const auto name = step.phase.substr(9);
    const auto [at, first] = rollbacks_.try_emplace(step.phase, 0);
    if (first)
      at->second = by_.choose(name == "rtx1080" ? 4 : 3);
    // What a snapshot brought back starts.
    const bool breaks = (step.kind == step_kind::restore && at->second >= 2 && step.attempt == 1)
                        || (step.kind == step_kind::restore_snapshot && at->second == 3)
                        || (step.kind == step_kind::gate && at->second == 1);
    if (!breaks)
      return std::nullopt;
    told_ += step.phase + " " + std::string{to_string(step.kind)} + " fails\n";
    return step.kind == step_kind::gate ? fails(ec::unhealthy) : fails_half_way();
  }

  /// One choice for all of them.
  std::optional<mishap> decide_put_back(const std::string& host) {
    if (!put_back_fails_)
      put_back_fails_ = by_.choose(2) == 1;
    if (!*put_back_fails_ || host == "thinkpad")
      return std::nullopt;
    told_ += "put back fails on " + host + "\n";
    return fails();
  }

  /// Against the table, by what the journal says has failed.
  std::string judge(const played& show) const {
    std::vector<std::string> failed;
    bool cancelled = false;
    std::string ill_before;
    for (const auto& one : show.journal) {
      const auto* end = std::get_if<event::phase_ended>(&one.what);
      if (end == nullptr || end->outcome == phase_outcome::ok || end->phase == "ending"
          || end->phase.rfind("rollback:", 0) == 0)
        continue;
      failed.push_back(end->phase);
      cancelled = cancelled || end->outcome == phase_outcome::cancelled;
    }
    std::string ends = "success";
    std::set<std::string> back;
    bool vps_failed = false;
    for (auto phase : failed) {
      bool all = false;
      if (phase.rfind("guard:", 0) == 0) {
        const auto next = phase.substr(6);
        const auto& ill = ways_.at(phase).host;
        if (cancelled)
          phase = next;
        else {
          all = next == "vps" && ill == "thinkpad";
          phase = ill;
        }
      }
      vps_failed = vps_failed || phase == "vps";
      auto expected = row_of(all ? "verification" : phase, of_->request.rollback_on_failure);
      if (cancelled && show.hosts.activated.empty())
        expected = {"aborted", {}};
      back.insert(expected.back.begin(), expected.back.end());
      ends = worse(ends, expected.ends);
    }
    const bool only_vps = failed == std::vector<std::string>{"vps"};
    for (const auto& host : show.ends.rollback_failed) {
      // The vps fails for itself alone, whenever its own phase has failed before.
      if (host != "vps" || !vps_failed)
        ends = "failed";
    }
    std::string said;
    if (std::string{to_string(*show.ends.status)} != ends)
      said += "should end as " + ends + "\n";
    for (const auto& host : show.hosts.restored)
      if (!back.contains(host))
        said += host + " should not be taken back\n";
    for (const auto& host : back)
      if (had_effect(show, host) && !show.hosts.restored.contains(host))
        said += host + " should be taken back\n";
    if (only_vps)
      for (const auto* host : {"thinkpad", "rtx1080"})
        if (!show.hosts.serves_new(host) || show.hosts.restored.contains(host))
          said += "what happened in the vps touched " + std::string{host} + "\n";
    if (cancelled != show.ends.cancelled)
      said += "cancelled or not?\n";
    if (failed.empty() && show.alerts().size() != show.ends.rollback_failed.size())
      said += "alert without a failure\n";
    if (!failed.empty() && show.alerts().empty())
      said += "failure without an alert\n";
    return said;
  }

  static bool had_effect(const played& show, const std::string& host) {
    for (const auto& one : show.journal)
      if (const auto* end = std::get_if<event::step_ended>(&one.what))
        if (end->kind == step_kind::activate && show.of.units[end->of].host == host
            && !end->outcome.changed_nothing)
          return true;
    return false;
  }

  std::shared_ptr<const plan> of_;
  chooser& by_;
  std::map<std::string, way> ways_;
  std::map<std::string, std::size_t> rollbacks_;
  std::optional<bool> put_back_fails_;
  std::string told_;
};

class every_combination : public testing::TestWithParam<int> {};

TEST_P(every_combination, of_the_default_fleet_keeps_the_promises) {
  request asked;
  asked.rollback_on_failure = (GetParam() & 1) == 0;
  asked.skip_tests = (GetParam() & 2) != 0;
  asked.environment = (GetParam() & 4) != 0 ? "staging" : "production";
  auto fleet = homelab();
  fleet.tests.retry.attempts_max = 2;
  fleet.verification.retry.attempts_max = 2;
  const auto of = std::make_shared<const plan>(plan_for(fleet, asked));
  chooser by;
  std::size_t combinations = 0;
  do {
    combination{of, by}.run();
    ++combinations;
  } while (by.another() && !HasFatalFailure());
  RecordProperty("combinations", static_cast<int>(combinations));
  EXPECT_GT(combinations, 50U);
}

INSTANTIATE_TEST_SUITE_P(requests, every_combination, testing::Range(0, 8));

} // namespace

} // namespace baton::test
