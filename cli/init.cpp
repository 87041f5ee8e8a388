#include "cli/command.hpp"
#include "cli/init_questions.hpp"
#include "cli/workspace.hpp"
#include "runtime/config/git_origin.hpp"
#include "runtime/config/load.hpp"
#include "runtime/config/near_name.hpp"
#include "runtime/config/ssh_names.hpp"
#include "runtime/http/url.hpp"

#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <tuple>

namespace baton {

namespace fs = std::filesystem;

namespace {

struct init_flags {
  std::string output = "baton.yaml";
  bool force = false;
  std::string fleet, repository, path, compose, secrets, secret_file, tests, tests_on;
  std::vector<std::string> hosts, roles, snapshots;

  bool any() const {
    for (const auto* said :
         {&fleet, &repository, &path, &compose, &secrets, &secret_file, &tests, &tests_on})
      if (!said->empty())
        return true;
    return !hosts.empty() || !roles.empty() || !snapshots.empty();
  }
};

[[noreturn]] void refuse(std::string why) {
  throw command_failed{exit_code::usage, std::move(why) + '\n'};
}

init_host& host_named(init_answers& in, const std::string& name) {
  std::vector<std::string> known;
  for (auto& host : in.hosts) {
    if (host.name == name)
      return host;
    known.push_back(host.name);
  }
  refuse("there is no host \"" + name + "\"; " + suggest(name, known));
}

/// `ONE=OTHER`, both said.
std::pair<std::string, std::string> pair_from(const std::string& flag, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    refuse(flag + " takes two words with = between them, not \"" + text + '"');
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void take_hosts(const init_flags& flags, init_answers& into) {
  into.hosts.clear();
  for (const auto& text : flags.hosts) {
    into.hosts.push_back(host_from_text(text));
    if (into.hosts.back().name.empty())
      refuse("--host takes NAME, NAME=[USER@]ADDRESS[:PORT] or NAME=ssh:ALIAS, not \"" + text
             + '"');
  }
  assign_roles(into.hosts);
}

void take_role(const std::string& text, init_answers& into) {
  const auto [name, word] = pair_from("--role", text);
  auto& host = host_named(into, name);
  for (const auto role : {role::staging, role::production, role::public_facing})
    if (word == to_string(role)) {
      host.role = role;
      return;
    }
  refuse("a role is staging, production or public, not \"" + word + '"');
}

/// Hosts of one's own leave out what only the homelab has, unless it is said.
init_answers from_flags(const init_flags& flags, init_answers answers) {
  if (!flags.hosts.empty()) {
    auto repository = answers.repository;
    answers = {};
    answers.fleet = "homelab";
    // Only a real one: the homelab's is made up.
    if (repository != homelab_answers().repository)
      answers.repository = std::move(repository);
    take_hosts(flags, answers);
  }
  const auto take = [](const std::string& flag, std::string& into) {
    if (!flag.empty())
      into = flag;
  };
  take(flags.fleet, answers.fleet);
  take(flags.repository, answers.repository);
  if (answers.path.empty())
    answers.path = "~/" + answers.fleet;
  take(flags.path, answers.path);
  take(flags.secrets, answers.secrets_script);
  if (!flags.secret_file.empty())
    std::tie(answers.secrets_from, answers.secrets_to) =
        pair_from("--secret-file", flags.secret_file);
  if (!answers.secrets_script.empty() && answers.secrets_from.empty())
    refuse("--secrets also wants --secret-file FROM=TO: the file here, and where it goes");
  take(flags.tests, answers.tests_command);
  if (!flags.tests.empty())
    answers.tests_junit.clear();
  take(flags.tests_on, answers.tests_on);
  if (!flags.tests_on.empty() && answers.tests_command.empty())
    refuse("--tests-on also wants --tests COMMAND: what runs there");
  for (const auto& role : flags.roles)
    take_role(role, answers);
  for (const auto& snapshot : flags.snapshots) {
    const auto [name, script] = pair_from("--snapshot", snapshot);
    host_named(answers, name).snapshot_script = script;
  }
  const auto compose = flags.compose.empty() ? find_compose_file(".") : flags.compose;
  if (!compose.empty() && !take_compose_file(compose, answers) && !flags.compose.empty())
    throw command_failed{exit_code::no_input, flags.compose + ": cannot be read\n"};
  return answers;
}

/// What is written can be loaded, or is not written.
void check_text(const std::string& text, const std::string& file) {
  load_options options;
  options.origin_of = [](const std::string&) { return std::optional<std::string>{"origin"}; };
  if (const auto loaded = load_fleet_text(text, file, options); !loaded)
    throw command_failed{exit_code::bad_input,
                         "these answers make no good file:\n" + to_string(loaded.error()) + '\n'};
}

void write_all(int fd, const std::string& text, const std::string& file) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0) {
      const auto why = std::string{std::strerror(errno)};
      ::close(fd);
      throw command_failed{exit_code::io_error, file + ": " + why + '\n'};
    }
    done += static_cast<std::size_t>(wrote);
  }
}

/// O_EXCL: never over a file that is there, also when it came this moment. `--force` puts a whole
/// file in its place.
void write_file(const std::string& text, const std::string& file, bool force) {
  struct stat there {};
  if (force && ::lstat(file.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
    throw command_failed{exit_code::io_error,
                         file + " is no plain file, and is not replaced; --output - prints\n"};
  const auto target = force ? file + ".new" : file;
  if (force)
    ::unlink(target.c_str());
  const int fd = ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST)
    throw command_failed{exit_code::io_error,
                         file + " is there already; --force replaces it, --output - prints\n"};
  if (fd < 0)
    throw command_failed{exit_code::io_error, file + ": " + std::strerror(errno) + '\n'};
  write_all(fd, text, target);
  ::close(fd);
  if (force && ::rename(target.c_str(), file.c_str()) != 0)
    throw command_failed{exit_code::io_error, file + ": " + std::strerror(errno) + '\n'};
}

int init(const cli_context& context, const init_flags& flags) {
  const bool to_stdout = flags.output == "-";
  std::error_code error;
  // Before anything is asked: nobody types answers for nothing.
  if (!to_stdout && !flags.force && fs::exists(fs::symlink_status(flags.output, error)))
    throw command_failed{exit_code::io_error, flags.output
                                                  + " is there already; --force replaces it, "
                                                    "--output - prints\n"};
  const bool asks =
      !flags.any() && !context.no_input && is_terminal(STDIN_FILENO) && is_terminal(STDERR_FILENO);
  auto usual = homelab_answers();
  if (const auto origin = git_origin(".")) {
    usual.repository = split_login(*origin).bare;
    if (usual.repository != *origin && !context.quiet)
      std::cerr << "note: the login in the URL of origin is left out: baton.yaml is for others to "
                   "read\n";
  }
  const auto answers = asks ? ask(std::cin, std::cerr, usual, ssh_config_names(user_ssh_config()))
                            : from_flags(flags, usual);
  const auto text = init_file(answers);
  check_text(text, to_stdout ? "baton.yaml" : flags.output);
  if (to_stdout) {
    std::cout << text;
    return exit_code::ok;
  }
  write_file(text, flags.output, flags.force);
  if (!context.quiet && !asks && flags.hosts.empty())
    std::cerr << "note: no --host was given: its hosts, scripts and paths are an example's; put in "
                 "your own\n";
  if (!context.quiet)
    std::cerr << "wrote " << flags.output << "; next: look at it, then `baton check --hosts`\n";
  return exit_code::ok;
}

} // namespace

void add_init(CLI::App& app, cli_context& context) {
  auto flags = std::make_shared<init_flags>();
  auto* command = app.add_subcommand(
      "init", "Write a commented baton.yaml: asked on a terminal, by flags, or the homelab");
  command->add_option("-o,--output", flags->output, "The file to write; - prints it")
      ->capture_default_str();
  command->add_flag("--force", flags->force, "Replace a file that is there");
  command->add_option("--fleet", flags->fleet, "Name of the fleet");
  command
      ->add_option("--host", flags->hosts,
                   "A host, in order: NAME (the ssh config knows it), "
                   "NAME=[USER@]ADDRESS[:PORT], NAME=ssh:ALIAS")
      ->allow_extra_args(false);
  command->add_option("--role", flags->roles, "NAME=staging, production or public")
      ->allow_extra_args(false);
  command->add_option("--repository", flags->repository, "What the hosts fetch");
  command->add_option("--path", flags->path, "The checkout on each host");
  command->add_option(
      "--compose", flags->compose,
      "Compose file whose published ports become checks (default: the one in this folder)");
  command->add_option("--tests", flags->tests, "Command that tests a release");
  command->add_option("--tests-on", flags->tests_on, "A host's name, or controller");
  command->add_option("--secrets", flags->secrets, "Script that brings secrets to the hosts");
  command->add_option("--secret-file", flags->secret_file,
                      "FROM=TO: the secret file on this machine, and on each host");
  command->add_option("--snapshot", flags->snapshots, "NAME=SCRIPT on that host")
      ->allow_extra_args(false);
  command->footer(
      "Examples:\n  baton init\n"
      "  baton init --host web=deploy@192.0.2.7 --role web=production --compose compose.yaml\n"
      "  baton init --output - >elsewhere.yaml");
  command->callback(
      [&context, flags] { context.chosen = [&context, flags] { return init(context, *flags); }; });
}

} // namespace baton
