#pragma once

#include "runtime/job.hpp"
#include "runtime/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

void write_file(const std::filesystem::path& file, std::string_view content, unsigned mode = 0600);
std::string read_file(const std::filesystem::path& file); ///< empty when there is none
unsigned mode_of(const std::filesystem::path& file);

/// The shells that scripts of ours must run in, as argv: dash, busybox ash.
std::vector<std::vector<std::string>> shells();

/// What the step protocol is to a script: a home, a state folder, files, facts, a log.
class script_host {
public:
  explicit script_host(std::vector<std::string> shell) : shell_{std::move(shell)} {
    std::filesystem::create_directory(home());
  }

  std::filesystem::path home() const { return folder_ / "home of it's"; }
  std::filesystem::path state() const { return folder_ / "state"; }
  std::map<std::string, std::string>& env() { return env_; }

  /// Runs the job to its end.
  job_end run(const job& what, duration deadline = std::chrono::seconds{30});

private:
  std::vector<std::string> shell_;
  temp_folder folder_;
  std::map<std::string, std::string> env_;
};

} // namespace baton
