#include "runtime/config/git_origin.hpp"

#include "runtime/process.hpp"

namespace baton {

std::optional<std::string> git_origin(const std::string& folder) {
  process_request ask;
  ask.argv = {"git", "-C", folder, "remote", "get-url", "origin"};
  ask.env = {{"LC_ALL", "C"}, {"GIT_TERMINAL_PROMPT", "0"}};
  ask.deadline = std::chrono::seconds{10};
  const auto end = run_process(ask);
  if (!end || !end->ok())
    return std::nullopt;
  const auto url = end->out.substr(0, end->out.find_first_of("\r\n"));
  return url.empty() || url.starts_with('-') ? std::nullopt : std::optional{url};
}

} // namespace baton
