#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace baton {

/// A flag or option as it is typed: `--env`, and whether a value follows.
struct completion_option {
  std::string name;
  std::string help; ///< first line, without quotes of any kind
  bool takes_value = false;
};

/// A command and what may follow it. The first of the list is `baton` itself.
struct completion_command {
  std::string path; ///< `secrets sync`; empty for baton itself
  std::string help;
  std::vector<std::string> commands; ///< names of those directly below
  std::vector<completion_option> options;
};

/// All commands of `app`, depth first, without those that are hidden (an empty group).
std::vector<completion_command> completion_model(const CLI::App& app);

std::string bash_completion(const std::vector<completion_command>& model);
std::string zsh_completion(const std::vector<completion_command>& model);
std::string fish_completion(const std::vector<completion_command>& model);

} // namespace baton
