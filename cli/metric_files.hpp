#pragma once

#include "cli/workspace.hpp"
#include "metrics/recorder.hpp"
#include "runtime/log/log.hpp"

#include <exception>
#include <memory>
#include <string>
#include <vector>

/// How a command that is soon over shows its metrics: in text files for node exporter, and to a
/// Pushgateway.

namespace baton {

/// Numbers never change what they count: what goes wrong with them is a line of the log.
template <class Work>
void count_or_log(Work work) noexcept {
  try {
    work();
  } catch (const std::exception& thrown) {
    log(log_level::warning, std::string{"the metrics: "} + thrown.what(),
        {.event = "metrics_failed"});
  }
}

/// What the journal has counted so far, and all of the fleet's series.
std::shared_ptr<recorder> metrics_of(const workspace& in);

/// Those of baton.yaml, and one more unless it is empty.
std::vector<std::string> metric_files(const workspace& in, const std::string& other = {});

/// Writes the files anew, one process at a time. Why one of them could not be written; empty: they
/// were. `journaled`: what this process has counted goes into the journal, too.
std::string write_metrics(recorder& numbers, const workspace& in, const logger& lines,
                          const std::vector<std::string>& files, bool journaled);

/// To the Pushgateway of baton.yaml, where there is one. What fails is logged.
void push_metrics(const workspace& in, const recorder& numbers);

} // namespace baton
