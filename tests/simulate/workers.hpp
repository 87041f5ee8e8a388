#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace baton::simulate {

struct work {
  std::uint64_t from = 1, seeds = 1;
  int jobs = 1;
  bool twice = false; ///< each seed runs twice, and must do the same
};

struct tally {
  std::uint64_t tried = 0, broken = 0;
  std::map<std::string, std::uint64_t> ends; ///< runs by status and exit code
};

/// Tries all the seeds, in as many processes; prints the first few that break a promise, with their
/// stories. A seed that kills its process, or does not come to an end, is one of those.
tally try_all(const work& what);

} // namespace baton::simulate
