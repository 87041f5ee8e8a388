#pragma once

#include "actors/listener.hpp"
#include "messages/plan.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace baton {

/// What the steps of a plan's units left, by kind. To be asked when its run is over.
class outcome_reader : public observer {
public:
  void on_record(const record& what) override {
    if (const auto* ended = std::get_if<event::step_ended>(&what.what))
      outcomes_[{ended->kind, ended->of}] = ended->outcome;
  }

  const step_outcome* find(step_kind kind, unit_id of) const {
    const auto found = outcomes_.find({kind, of});
    return found == outcomes_.end() ? nullptr : &found->second;
  }

private:
  std::map<std::pair<step_kind, unit_id>, step_outcome> outcomes_;
};

/// A fact of it, or empty.
std::string fact(const step_outcome& of, const std::string& key);

/// These looks at every stack, in place of what the plan's verification does.
void look_instead_of_verifying(plan& of, const std::vector<step_kind>& looks, duration deadline);

} // namespace baton
