#include "cli/near_command.hpp"

#include "runtime/config/near_name.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace baton {

std::optional<std::string> wrong_command(const CLI::App& app, int argc, const char* const* argv) {
  const auto* at = &app;
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--config")
      ++i; // what follows is its value
    if (word.empty() || word[0] == '-')
      continue;
    const auto below =
        at->get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
    if (below.empty())
      return std::nullopt;
    const auto found = std::find_if(below.begin(), below.end(),
                                    [&](const auto* one) { return one->get_name() == word; });
    path += (path.empty() ? "" : " ") + word;
    if (found != below.end()) {
      at = *found;
      continue;
    }
    std::vector<std::string> known;
    for (const auto* one : below)
      known.push_back(one->get_name());
    auto text = "there is no command \"" + path + "\"";
    if (const auto hint = suggest(word, known); !hint.empty())
      text += "; " + hint;
    return text;
  }
  return std::nullopt;
}

} // namespace baton
