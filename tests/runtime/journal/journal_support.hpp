#pragma once

#include "runtime/journal/journal.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace baton {

inline time_point at_ms(std::int64_t ms) {
  return time_point{std::chrono::milliseconds{ms}};
}

/// A record of a run, `ms` after 1970.
inline record happened(std::string run, event_t what, std::int64_t ms = 1000) {
  record made;
  made.run = std::move(run);
  made.at = at_ms(ms);
  made.what = std::move(what);
  return made;
}

/// The first record of a run on two hosts, `two` with two stacks.
inline record requested(std::string run, std::string fleet = "lab", std::int64_t ms = 1000) {
  auto made = std::make_shared<plan>();
  made->run = run;
  made->release = "release-of-" + run;
  made->fleet.name = std::move(fleet);
  made->request.environment = "production";
  made->request.commit_hash = "main";
  made->requested_by = "me@here";
  made->requested_at = at_ms(ms);
  made->units = {{"one", "app"}, {"two", "app"}, {"two", "proxy"}, {"one", ""}, {"two", ""}};
  return happened(std::move(run), event::run_requested{std::move(made)}, ms);
}

inline host_verdict verdict_of(serves what, std::string release,
                               std::optional<bool> healthy = true) {
  host_verdict made;
  made.serves = what;
  made.release = std::move(release);
  made.commit = "commit-of-" + made.release;
  made.healthy = healthy;
  return made;
}

/// A verdict on host `one` alone.
inline record finished(std::string run, status how, host_verdict one, std::int64_t ms = 9000) {
  auto made = std::make_shared<result>();
  made->run = run;
  made->status = how;
  made->state = run_state::finished;
  made->phase = "verification";
  made->commit = "c0ffee";
  made->hosts["one"] = std::move(one);
  if (how != status::aborted)
    made->changed = {"one"};
  made->exit_code = how == status::success ? 0 : 1;
  return happened(std::move(run), event::run_finished{std::move(made)}, ms);
}

/// Writes records one batch each; whether all went well.
template <class... Records>
bool write_all(journal& to, Records... records) {
  return (to.append({&records, 1}).has_value() && ...);
}

} // namespace baton
