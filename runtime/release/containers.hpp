#pragma once

#include "runtime/release/facts.hpp"
#include "runtime/release/view.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace baton::release {

/// A container of a compose project, as `docker inspect` tells it (see compose.sh).
struct container {
  std::string service;
  std::string image; ///< id
  std::string config_hash;
  std::string state;  ///< created, running, restarting, paused, exited, dead
  std::string health; ///< starting, healthy, unhealthy; empty: it has no healthcheck
  int exit = 0;
  std::int64_t restarts = 0;
  std::int64_t started = 0; ///< seconds of the epoch
  std::string restart_policy;
  std::chrono::seconds patience{0}; ///< how long its own check may say `starting`
  std::string said;                 ///< last words of its check, when unhealthy
};

/// One a line, as JSON; a line that is none is left out.
std::vector<container> parse_containers(const std::string& lines);

/// Whose containers they are, by image and config hash of the releases' records; `unrecorded` for
/// those that no record knows. Nothing when none runs.
std::vector<std::string> running_releases(const facts& told, const std::vector<container>& all);

/// The services that a release's record names.
std::vector<std::string> services_of(const facts& told, const std::string& release);

} // namespace baton::release
