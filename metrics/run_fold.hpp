#pragma once

#include "messages/event.hpp"
#include "metrics/families.hpp"

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace baton {

/// What the events of runs mean in numbers. Pure: time comes with the records.
class run_fold {
public:
  /// Counts a record in `to`. Records of one run come in their order.
  void apply(const run_families& to, const record& what);

  /// Runs without a verdict.
  std::vector<std::string> open_runs() const;

  /// Which revision each series of deployed_revision shows, by fleet and host.
  using shown_revisions = std::map<std::pair<std::string, std::string>, std::string>;
  const shown_revisions& revisions() const { return revisions_; }
  void take_over_revision(const std::string& fleet, const std::string& host,
                          const std::string& revision) {
    revisions_[{fleet, host}] = revision;
  }

private:
  double oldest_phase(const std::string& fleet) const;

  struct counter_of; // one record being counted
  struct message_counter;
  struct begun_step {
    time_point at;
    std::string target;
  };
  using step_key = std::tuple<std::string, step_kind, unit_id, int>;
  struct open_run {
    std::shared_ptr<const struct plan> plan;
    time_point requested_at;
    std::map<std::string, time_point> phases;
    std::map<std::string, ec> failures; ///< the last error in each phase
    std::map<step_key, begun_step> steps;
  };

  std::map<std::string, open_run> runs_;
  shown_revisions revisions_;
};

} // namespace baton
