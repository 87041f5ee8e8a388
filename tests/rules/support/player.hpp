#pragma once

#include "rules/run.hpp"
#include "tests/rules/host_model.hpp"

#include <functional>
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
  plan of;
  std::vector<record> journal;
  run now;
  host_model hosts;
  result ends;
  std::string stuck; ///< why it did not come to an end; empty: it did

  explicit played(plan plays) : of(std::move(plays)), now(begin(of)), hosts(of) {}

  /// `status · phase · deployed · serves · exit`, in RULES.md's own words.
  std::string row() const;
  std::vector<std::string> steps(step_kind kind) const; ///< `phase host` of each that was begun
  std::vector<event::alert_raised> alerts() const;
  bool began(const std::string& phase) const;
  const phase_details& details(const std::string& phase) const;
};

struct staging {
  std::vector<trouble> troubles = {};
  std::function<void(host_model&)> first = {}; ///< how the hosts are before the run
  /// Called after each event has been reacted to.
  std::function<void(const played&, const std::vector<record>& batch)> watch = {};
};

/// Plays a plan against the model, in virtual time; steps end in the order they began.
played play(const plan& of, const staging& with = {});

} // namespace baton::test
