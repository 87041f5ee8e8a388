#include "cli/command.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace baton {

std::string version() {
  return BATON_VERSION;
}

std::string revision() {
  return BATON_REVISION;
}

void add_version(CLI::App& app, cli_context& context) {
  app.add_subcommand("version", "Print the version")->callback([&context] {
    context.chosen = [] {
      std::cout << "baton " << version() << " (" << revision() << ")\n";
      return exit_code::ok;
    };
  });
}

} // namespace baton
