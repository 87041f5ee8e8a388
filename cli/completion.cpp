#include "cli/command.hpp"
#include "cli/completion_model.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace baton {

void add_completion(CLI::App& app, cli_context& context) {
  auto* const verb = app.add_subcommand("completion", "Print the completions of a shell");
  auto shell = std::make_shared<std::string>();
  verb->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->callback([&app, &context, shell] {
    context.chosen = [&app, shell] {
      const auto model = completion_model(app);
      std::cout << (*shell == "bash"  ? bash_completion(model)
                    : *shell == "zsh" ? zsh_completion(model)
                                      : fish_completion(model));
      return exit_code::ok;
    };
  });
}

} // namespace baton
