#include "rules/retry_of.hpp"

#include <algorithm>

namespace baton {

namespace {

const phase_details* details_of_phase(const result& ended, const std::string& id) {
  for (const auto& [name, entry] : ended.details)
    if (name == id)
      return &entry;
  return nullptr;
}

/// What each repository's commit was, by stack.
std::map<std::string, std::string> commits_of(const result& ended) {
  constexpr std::string_view prefix = "commit:";
  std::map<std::string, std::string> found;
  if (const auto* pre_flight = details_of_phase(ended, "pre_flight"))
    for (const auto& [key, commit] : pre_flight->facts)
      if (key.starts_with(prefix))
        found[key.substr(prefix.size())] = commit;
  return found;
}

phase_outcome outcome_of_stage(const result& ended, const std::string& stage) {
  const auto* entry = details_of_phase(ended, stage);
  return entry ? entry->outcome : phase_outcome::not_run;
}

} // namespace

expected<retry_of_run> retry_of(const plan& of, const result& ended) {
  if (!ended.status)
    return unexpected(ec::usage, "run " + of.run + " is not at its end: baton resume " + of.run);
  if (*ended.status != status::partial_success)
    return unexpected(ec::usage, "run " + of.run + " ended " + std::string{to_string(*ended.status)}
                                     + ": only a partial success can be retried; baton deploy does "
                                       "all of it");
  retry_of_run made;
  made.origin.retries = of.run;
  made.origin.commits = commits_of(ended);
  made.request = of.request;
  made.request.commit_hash = ended.commit;
  for (const auto& stage : of.stages) {
    const auto serves_new = [&](const std::string& host) {
      const auto line = ended.hosts.find(host);
      return line != ended.hosts.end() && line->second.serves == serves::new_release;
    };
    if (outcome_of_stage(ended, stage.name) != phase_outcome::ok
        || !std::all_of(stage.hosts.begin(), stage.hosts.end(), serves_new))
      made.origin.stages.insert(stage.name);
    else
      for (const auto& host : stage.hosts)
        made.stands[host] = of.release;
  }
  return made;
}

std::string why_changed(const std::string& host, const std::string& release,
                        const host_verdict& seen) {
  if (seen.serves == serves::unknown)
    return host + " cannot be asked what it serves";
  if (seen.serves == serves::none)
    return host + " serves nothing";
  if (seen.healthy == false)
    return host + " is not healthy";
  return seen.release == release && seen.serves != serves::mixed
             ? std::string{}
             : host + " serves " + seen.commit.substr(0, 12) + " by now";
}

} // namespace baton
