#pragma once

#include "messages/event.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// The hosts as they would be: stepped by the actions of a run, judged on their own. Shares no code
/// with rules/, so that a promise is not asserted by what makes it.

namespace baton::test {

struct model_stack {
  std::set<std::string> serving; ///< releases whose containers run
  std::string last_good, baseline;
  bool new_is_bad = false; ///< the new release is not healthy here
  bool ill = false;        ///< whatever runs is not healthy
};

struct model_host {
  std::map<std::string, model_stack> stacks;
  std::string secrets = "old";
  std::optional<std::string> saved_secrets;
  bool reachable = true;
  bool leased = false;
  bool lease_stolen = false;
  /// What a snapshot holds.
  struct image {
    std::map<std::string, model_stack> stacks;
    std::string secrets;
    std::optional<std::string> saved_secrets;
  };
  std::optional<image> snapshot;
};

/// How a step goes wrong.
struct mishap {
  error why;
  bool effect = false; ///< what it does is done all the same (or half done)
};

class host_model {
public:
  /// Every host serves `old` and is well.
  explicit host_model(const plan& of);

  model_host& at(const std::string& host) { return hosts_.at(host); }
  const model_host& at(const std::string& host) const { return hosts_.at(host); }
  model_stack& stack_at(const std::string& host) { return hosts_.at(host).stacks.begin()->second; }
  const std::map<std::string, model_host>& hosts() const { return hosts_; }

  /// Does what the step does, and answers as the target would.
  step_outcome carry_out(const event::step_started& step, const std::optional<mishap>& bad);
  /// The step was killed: nobody knows how far it came.
  step_outcome kill(const event::step_started& step);

  std::string prepare_note;             ///< what each host says when it prepares
  std::set<std::string> ill_checks;     ///< stages whose checks do not answer
  std::set<std::string> unasked_checks; ///< stages whose checks nobody can ask

  // What a judge wants to know.
  std::set<std::string> activated;  ///< hosts on which `activate` had an effect or was begun
  std::set<std::string> restored;   ///< hosts that were asked to go back
  std::set<std::string> violations; ///< things no run may do
  std::vector<std::string> order;   ///< `kind host` of everything that changes, as it began

  bool serves_new(const std::string& host) const;
  bool serves_what_it_did(const std::string& host) const;
  /// n o – m ?, the worst of its stacks.
  char serves(const std::string& host) const;

private:
  unit_view look(const unit& at) const;
  step_outcome look_outcome(const event::step_started& step, const unit& at) const;
  void apply(const event::step_started& step, const unit& at, bool half);
  bool needs_lease(step_kind kind) const;

  std::string release_;
  std::vector<unit> units_;
  std::set<std::string> stages_;
  std::map<std::string, model_host> hosts_, before_;
  std::set<std::string> report_only_;
  std::string last_stage_;
  std::vector<health_check> checks_;
};

} // namespace baton::test
