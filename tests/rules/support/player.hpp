#pragma once

#include "rules/run.hpp"
#include "tests/rules/host_model.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton::test {

/// Something that happens to steps: to those whose phase, kind and host fit (empty fits all).
struct trouble {
  std::string phase;
  std::optional<step_kind> kind;
  std::string host;
  std::optional<mishap> bad;                  ///< they go wrong like this
  int times = 1'000'000;                      ///< so often
  std::function<void(host_model&)> meanwhile; ///< right before they are carried out
  std::string cancelled_by;                   ///< while they run, somebody asks the run to stop
};

mishap fails(ec code = ec::step_failed);
mishap fails_retryably(ec code = ec::timed_out);
/// It did something before it failed.
mishap fails_half_way(ec code = ec::step_failed);

/// A run that was played to its end.
struct played {
  std::shared_ptr<const plan> shared;
  const plan& of;
  std::vector<record> journal;
  run now;
  host_model hosts;
  result ends;
  std::string stuck; ///< why it did not come to an end; empty: it did

  explicit played(const plan& plays)
      : shared(std::make_shared<const plan>(plays)), of(*shared), now(begin(of)), hosts(of) {}
  explicit played(std::shared_ptr<const plan> plays)
      : shared(std::move(plays)), of(*shared), now(begin(of)), hosts(of) {}

  /// `status · phase · deployed · serves · exit`, in the words of the tests' tables.
  std::string row() const;
  std::vector<std::string> steps(step_kind kind) const; ///< `phase host` of each that was begun
  std::vector<event::alert_raised> alerts() const;
  std::string story() const; ///< the journal for people, a line each
  bool began(const std::string& phase) const;
  const phase_details& details(const std::string& phase) const;
};

struct staging {
  std::vector<trouble> troubles = {};
  std::function<void(host_model&)> first = {}; ///< how the hosts are before the run
  /// Called after each event has been reacted to.
  std::function<void(const played&, const std::vector<record>& batch)> watch = {};
  /// Asked for each step before the troubles are; what it says goes wrong goes wrong.
  std::function<std::optional<mishap>(const event::step_started&)> decide = {};
  /// Asked for each phase that begins: who cancels the run in its first step; empty: nobody.
  std::function<std::string(const std::string& phase)> cancels = {};
  /// May alter what a step's target answers.
  std::function<void(const event::step_started&, step_outcome&)> retells = {};
};

/// Plays a plan against the model, in virtual time; steps end in the order they began.
played play(const plan& of, const staging& with = {});
/// The same without a copy of the plan.
played play(std::shared_ptr<const plan> of, const staging& with = {});

} // namespace baton::test
