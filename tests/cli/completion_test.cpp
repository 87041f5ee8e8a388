#include "cli/completion_model.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace baton {

namespace {

/// A small command line with everything the real one has: commands below commands, flags, values.
class completion : public testing::Test {
protected:
  completion() {
    app.add_option("--config", text, "The file's \"name\" [here]");
    auto* const deploy = app.add_subcommand("deploy", "Bring a commit: now");
    deploy->add_flag("-y,--yes", flag, "Do not ask");
    deploy->add_option("--env", text, "Environment");
    auto* const host = app.add_subcommand("host", "Hosts");
    host->add_subcommand("trust", "Add a key")->add_flag("--all", flag, "Every host");
    app.add_subcommand("secret-thing", "")->group("");
    file =
        std::filesystem::temp_directory_path() / ("baton-completion-" + std::to_string(::getpid()));
  }

  ~completion() override { std::filesystem::remove(file); }

  /// What a program prints that gets `script` as a file.
  std::string run(const std::string& program, const std::string& script) {
    std::ofstream{file} << script;
    std::string said;
    auto* const pipe = ::popen((program + " " + file.string() + " 2>&1").c_str(), "r");
    char buffer[256];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr)
      said += buffer;
    const int status = ::pclose(pipe);
    return status == 0 ? said : "FAILED: " + said;
  }

  /// What bash offers after these words; the last one is being typed.
  std::string bash_offers(const std::string& words, int count) {
    return run("bash", bash_completion(completion_model(app)) + "COMP_WORDS=(" + words
                           + ")\nCOMP_CWORD=" + std::to_string(count - 1)
                           + "\n_baton\necho \"${COMPREPLY[@]}\"\n");
  }

  CLI::App app{"Baton", "baton"};
  std::string text;
  bool flag = false;
  std::filesystem::path file;
};

TEST_F(completion, lists_every_command_that_is_not_hidden) {
  std::vector<std::string> paths;
  for (const auto& command : completion_model(app))
    paths.push_back(command.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"", "deploy", "host", "host trust"}));
}

TEST_F(completion, help_texts_cannot_break_a_shell_script) {
  const auto model = completion_model(app);
  EXPECT_EQ(model[0].options.back().help, "The files name here");
}

TEST_F(completion, bash_offers_commands_then_their_options) {
  EXPECT_EQ(bash_offers("baton dep", 2), "deploy\n");
  EXPECT_EQ(bash_offers("baton deploy --e", 3), "--env\n");
  EXPECT_EQ(bash_offers("baton host tr", 3), "trust\n");
  EXPECT_EQ(bash_offers("baton host trust --a", 4), "--all\n");
}

TEST_F(completion, bash_offers_no_command_where_a_value_stands) {
  EXPECT_EQ(bash_offers("baton deploy --env dep", 4), "\n");
}

TEST_F(completion, every_shell_accepts_its_script) {
  const auto model = completion_model(app);
  EXPECT_EQ(run("bash -n", bash_completion(model)), "");
  EXPECT_EQ(run("zsh -n", zsh_completion(model)), "");
  EXPECT_EQ(run("fish -n", fish_completion(model)), "");
}

} // namespace

} // namespace baton
