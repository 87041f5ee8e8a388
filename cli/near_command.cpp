#include "cli/near_command.hpp"

#include "runtime/config/near_name.hpp"

#include <CLI/CLI.hpp>

namespace baton {

std::string near_command(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(command->get_name());
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.empty() || word[0] == '-')
      continue;
    return near_name(word, known).value_or("");
  }
  return "";
}

} // namespace baton
