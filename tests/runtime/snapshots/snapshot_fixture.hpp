#pragma once

#include "runtime/release/release.hpp"
#include "runtime/snapshots/snapshot_jobs.hpp"
#include "tests/support/script_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace baton {

/// A plan with one stage of one host, `rtx`, and the steps about its snapshots.
class snapshot_rig {
public:
  explicit snapshot_rig(std::vector<std::string> shell) : host(std::move(shell)) {
    of.run = "20260102-030405-ABCD";
    of.fleet.name = "homelab";
    of.fleet.hosts.emplace_back().reach.name = "rtx";
    of.units = {{"controller", ""}, {"rtx", ""}};
    of.hosts = {"rtx"};
    stage only;
    only.name = only.hosts.emplace_back("rtx");
    only.snapshot.emplace();
    of.stages.push_back(only);
  }

  snapshot_policy& policy() { return *of.stages[0].snapshot; }
  std::string name() const { return snapshot_name(of, "rtx"); }

  step_outcome run(step_kind kind, int attempt = 1) {
    event::step_started step{"snapshots", kind, 1, "rtx", attempt, {}};
    const job_context context{of, step, facts};
    const auto made = kind == step_kind::create_snapshot    ? create_snapshot_job(context)
                      : kind == step_kind::restore_snapshot ? restore_snapshot_job(context)
                                                            : delete_snapshot_job(context);
    end = host.run(made.value(), deadline);
    return snapshot_outcome(context, end);
  }

  /// What pre-flight finds wrong on the host; empty when nothing.
  step_outcome check() {
    event::step_started step{"pre_flight", step_kind::inspect, 1, "rtx", 1, {}};
    const job_context context{of, step, facts};
    end = host.run(release::make_job(context).value(), deadline);
    return release::read_outcome(context, end);
  }

  /// A verb of `baton snapshot`.
  job_end verb(snapshot_verb which, const std::string& name) {
    return host.run(snapshot_job(policy(), which, "rtx", name).value(), deadline);
  }

  static std::string why(const step_outcome& outcome) {
    return outcome.why ? describe(*outcome.why) : std::string{};
  }

  /// A stand-in answers to these names, before what the machine has.
  void stand_in(const std::string& which, const std::vector<std::string>& names) {
    const auto bin = host.home() / "bin";
    std::filesystem::create_directories(bin);
    for (const auto& name : names)
      std::filesystem::create_symlink(std::filesystem::path{BATON_STAND_INS} / which, bin / name);
    host.env()["PATH"] = bin.string() + ":/usr/sbin:/usr/bin:/sbin:/bin";
  }
  std::filesystem::path state_of(const std::string& which) const {
    return host.home() / "bin" / (which + "-state");
  }
  nlohmann::json get_state(const std::filesystem::path& file) const {
    return nlohmann::json::parse(read_file(file));
  }
  /// Changes what a stand-in is.
  void change(const std::filesystem::path& file, const std::function<void(nlohmann::json&)>& how) {
    auto state = get_state(file);
    how(state);
    write_file(file, state.dump());
  }

  static constexpr duration deadline = std::chrono::minutes{2}; ///< a machine may be busy
  plan of;
  run_facts facts;
  script_host host;
  job_end end;
};

/// The parameter is the host's shell.
class snapshot_steps : public snapshot_rig,
                       public ::testing::TestWithParam<std::vector<std::string>> {
protected:
  snapshot_steps() : snapshot_rig(GetParam()) {}
};

} // namespace baton
