#include "cli/command.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace baton {

void add_version(CLI::App& app, cli_context& context) {
  app.add_subcommand("version", "Print the version")->callback([&context] {
    context.chosen = [] {
      std::cout << "baton " << BATON_VERSION << " (" << BATON_REVISION << ")\n";
      return exit_code::ok;
    };
  });
}

} // namespace baton
