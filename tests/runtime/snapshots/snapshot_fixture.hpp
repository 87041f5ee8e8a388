#pragma once

#include "runtime/snapshots/snapshot_jobs.hpp"
#include "tests/support/script_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace baton {

/// A plan with one stage of one host, `rtx`, and the steps about its snapshots.
class snapshot_steps : public ::testing::TestWithParam<std::vector<std::string>> {
protected:
  snapshot_steps() {
    of.run = "20260102-030405-ABCD";
    of.units = {{"controller", ""}, {"rtx", ""}};
    of.hosts = {"rtx"};
    stage only;
    only.name = only.hosts.emplace_back("rtx");
    only.snapshot.emplace();
    of.stages.push_back(only);
  }

  snapshot_policy& policy() { return *of.stages[0].snapshot; }

  step_outcome run(step_kind kind, int attempt = 1) {
    event::step_started step{"snapshots", kind, 1, "rtx", attempt, {}};
    const job_context context{of, step, facts};
    const auto made = kind == step_kind::create_snapshot    ? create_snapshot_job(context)
                      : kind == step_kind::restore_snapshot ? restore_snapshot_job(context)
                                                            : delete_snapshot_job(context);
    end = host.run(made.value());
    return snapshot_outcome(context, end);
  }

  static std::string why(const step_outcome& outcome) {
    return outcome.why ? describe(*outcome.why) : std::string{};
  }

  plan of;
  run_facts facts;
  script_host host{GetParam()};
  job_end end;
};

} // namespace baton
