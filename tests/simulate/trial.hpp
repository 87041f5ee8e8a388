#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace baton::simulate {

/// How the run of a seed went.
struct trial {
  std::vector<std::string> broken; ///< promises, a line each; empty: all were kept
  std::vector<std::string> story;  ///< everything, in order
  std::vector<std::string> ends;   ///< of each run: its status and exit code
};

trial try_seed(std::uint64_t seed);

/// What somebody needs who has to understand it: which promises, and the events that led there.
std::string report_of(std::uint64_t seed, const trial& what, bool whole);

} // namespace baton::simulate
