#include "cli/command.hpp"
#include "cli/workspace.hpp"
#include "messages/json.hpp"
#include "runtime/config/reference.hpp"
#include "runtime/config/schema_check.hpp"
#include "runtime/config/show.hpp"
#include "runtime/config/yaml_text.hpp"
#include "runtime/log/redact_record.hpp"
#include "runtime/secrets/known_secrets.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <utility>

namespace baton {

namespace {

/// The file once more, for the lines of its values.
std::shared_ptr<const yaml_node> document_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto document = parse_yaml(text, file);
  if (!document)
    throw command_failed{exit_code::config, document.error()};
  return *document;
}

/// Every value becomes {value, origin}.
ordered_json with_origins(const ordered_json& value, const yaml_comment& origin,
                          std::vector<std::string>& path) {
  if (!value.is_structured() || value.empty())
    return {{"value", value}, {"origin", origin(path)}};
  auto made = value.is_object() ? ordered_json::object() : ordered_json::array();
  std::size_t index = 0;
  for (const auto& [key, member] : value.items()) {
    path.push_back(value.is_object() ? key : std::to_string(index++));
    auto child = with_origins(member, origin, path);
    path.pop_back();
    if (value.is_object())
      made[key] = std::move(child);
    else
      made.push_back(std::move(child));
  }
  return made;
}

int show(const cli_context& context, bool origins, bool as_document) {
  std::string file;
  const auto fleet = open_fleet(context, &file);
  const auto resolved = resolved_config(redact(*known_secrets{*fleet}.all(), *fleet));
  const auto document = origins ? document_of(file) : nullptr;
  const yaml_comment origin = [&](const std::vector<std::string>& path) {
    return document ? origin_of(*fleet, *document, file, path) : std::string{};
  };
  if (!as_document) {
    std::cout << yaml_text(resolved, origin);
    return exit_code::ok;
  }
  std::vector<std::string> path;
  std::cout << dump({{"schema", 1},
                     {"file", fleet->file},
                     {"config", origins ? with_origins(resolved, origin, path) : resolved}})
            << '\n';
  return exit_code::ok;
}

} // namespace

void add_config(CLI::App& app, cli_context& context) {
  struct options {
    bool origin = false;
    bool json = false;
  };
  auto flags = std::make_shared<options>();
  auto* config = app.add_subcommand("config", "Print what holds, or what could be said");
  config->require_subcommand(1);

  auto* shown = config->add_subcommand("show", "Print baton.yaml with every default written out");
  shown->add_flag("--origin", flags->origin, "Say of each value which line it comes from");
  shown->add_flag("--json", flags->json, "As one JSON document");
  shown->callback([&context, flags] {
    context.chosen = [&context, flags] { return show(context, flags->origin, flags->json); };
  });

  config->add_subcommand("schema", "Print the JSON Schema of baton.yaml")->callback([&context] {
    context.chosen = [] {
      std::cout << config_schema_text();
      return exit_code::ok;
    };
  });

  // For docs/configuration.md; a test keeps that file current.
  config->add_subcommand("reference", "Print the reference of all keys as Markdown")
      ->group("")
      ->callback([&context] {
        context.chosen = [] {
          std::cout << configuration_reference();
          return exit_code::ok;
        };
      });
}

} // namespace baton
