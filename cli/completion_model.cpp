#include "cli/completion_model.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace baton {

namespace {

/// Fit for any quotes of any shell: one line of harmless characters.
std::string harmless(std::string text) {
  text = text.substr(0, text.find('\n'));
  const auto bad = [](char c) {
    return std::string_view{"'\"`\\$[]:;"}.find(c) != std::string_view::npos;
  };
  text.erase(std::remove_if(text.begin(), text.end(), bad), text.end());
  return text;
}

void add_options(const CLI::App& of, completion_command& to) {
  for (const auto* option : of.get_options()) {
    if (option->get_group().empty())
      continue;
    const auto help = harmless(option->get_description());
    const bool takes_value = option->get_items_expected_max() > 0;
    for (const auto& name : option->get_lnames())
      to.options.push_back({"--" + name, help, takes_value});
    for (const auto& name : option->get_snames())
      to.options.push_back({"-" + name, help, takes_value});
  }
}

void walk(const CLI::App& app, const std::string& path, std::vector<completion_command>& model) {
  const auto at = model.size();
  model.push_back({path, harmless(app.get_description()), {}, {}});
  add_options(app, model[at]);
  for (const auto* below : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (below->get_group().empty())
      continue;
    model[at].commands.push_back(below->get_name());
    walk(*below, path.empty() ? below->get_name() : path + " " + below->get_name(), model);
  }
}

} // namespace

std::vector<completion_command> completion_model(const CLI::App& app) {
  std::vector<completion_command> model;
  walk(app, "", model);
  return model;
}

} // namespace baton
