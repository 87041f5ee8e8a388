#include "tests/simulate/evidence.hpp"
#include "tests/simulate/process.hpp"

#include <algorithm>

/// What a run leaves behind: no lease, nothing that runs, and secrets that fit what is served.

namespace baton::simulate {

namespace {

duration ending_began(const evidence& by) {
  for (const auto& one : by.journal())
    if (const auto* begun = std::get_if<event::phase_started>(&one.what))
      if (begun->phase == "ending")
        return one.at.time_since_epoch();
  return by.run().at;
}

void judge_leases(world& in, evidence& by) {
  const auto since = ending_began(by);
  for (const auto& host : by.of().hosts) {
    const auto& lease = in.at(host).folder(home_folder).lease;
    if (lease && lease->run == by.of().run && !by.is_troubled(host, since))
      by.broken("a run that ends releases its leases: " + host + " is still leased to it");
  }
}

void judge_processes(world& in, evidence& by) {
  for (const auto& [name, one] : in.machines)
    for (const auto& [attempt, runs] : one->processes) {
      const auto& script = runs->script();
      const auto began = std::find_if(in.seen.begin(), in.seen.end(), [&](const auto& step) {
        return step.script.id == script.id;
      });
      if (script.run == by.of().run && !runs->is_look() && runs->worker_lives()
          && began != in.seen.end() && !by.is_troubled(name, began->at))
        by.broken("nothing of a run lives on after it: " + script.id);
    }
}

bool serves_new(const evidence& by, const std::string& host) {
  const auto found = by.told().hosts.find(host);
  return found != by.told().hosts.end() && found->second.serves == serves::new_release;
}

bool is_unknown(const evidence& by, const std::string& host) {
  const auto found = by.told().hosts.find(host);
  return found != by.told().hosts.end() && found->second.serves == serves::unknown;
}

void judge_secrets(world& in, evidence& by) {
  const auto run = by.of().run;
  for (const auto& host : by.of().hosts) {
    const auto saved = in.secrets_before.find(run + ' ' + host);
    if (saved == in.secrets_before.end() || by.is_said_not_to_be_back(host) || by.has_lost(host)
        || is_unknown(by, host))
      continue;
    const auto& now = in.at(host).secrets;
    const auto fresh = "new:" + run;
    // Another run may have been here since.
    if (now != saved->second && now != fresh)
      continue;
    if (serves_new(by, host)) {
      if (now != fresh && in.secrets_changed.contains(run + ' ' + host))
        by.broken("secrets belong to the release: " + host
                  + " serves the new one with the old secrets");
    } else if (now != saved->second) {
      by.broken("secrets are put back: " + host
                + " does not serve the new release, and has its "
                  "secrets");
    }
  }
}

} // namespace

void judge_remains(world& in, evidence& by) {
  judge_leases(in, by);
  judge_processes(in, by);
  judge_secrets(in, by);
}

} // namespace baton::simulate
