#include "cli/command.hpp"
#include "cli/demo_fleet.hpp"
#include "cli/view/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace baton {

namespace {

/// One deployment of the demo, and the exit code it must end with.
struct chapter {
  const char* version;
  const char* title;
  const char* lesson;
  int exit;
};

constexpr chapter chapters[] = {
    {"1.0.0", "a good release",
     "goes to thinkpad, passes its tests, then rtx1080, then vps: success", 0},
    {"1.1.0", "a release that the vps cannot run",
     "wants a currency that the vps does not have: the vps alone goes back: partial_success", 4},
    {"1.2.0", "a release that production cannot run",
     "wants more memory than rtx1080 has: thinkpad and rtx1080 go back: rolled_back", 1},
    {"1.3.0", "a release whose tests fail", "never reaches production: failed", 1},
};

volatile std::sig_atomic_t stop_asked = 0;

extern "C" void note_stop(int number) {
  stop_asked = number;
}

/// This very program with other words, on this terminal. Its exit code.
int run_self(const std::vector<std::string>& words) {
  std::vector<char*> argv{const_cast<char*>("baton")};
  for (const auto& word : words)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), environ) != 0)
    return exit_code::internal;
  int status = 0;
  int forwarded = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    // Ctrl-C reaches the child by itself, through the terminal.
    if (stop_asked == SIGTERM && forwarded++ == 0)
      ::kill(child, SIGTERM);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The four deployments. How many ended otherwise than they should.
int tell(const demo_fleet& fleet, const cli_context& context) {
  int surprises = 0;
  int number = 0;
  for (const auto& each : chapters) {
    if (stop_asked != 0)
      return surprises;
    std::cout << fmt::format("\n== {} of {}: {}\n", ++number, std::size(chapters), each.title)
              << wrapped(fmt::format("shop {} {}.", each.version, each.lesson), 3)
              << fmt::format("\n   $ baton deploy {}\n\n", each.version) << std::flush;
    if (auto made = fleet.release(each.version); !made) {
      std::cerr << "baton: " << describe(made.error()) << "\n";
      return surprises + 1;
    }
    std::vector<std::string> words{"--config", fleet.config()};
    if (context.no_color)
      words.push_back("--no-color");
    words.insert(words.end(), {"deploy", each.version, "--yes"});
    const int code = run_self(words);
    if (stop_asked != 0)
      return surprises;
    std::cout << "\n   exit code " << code << "; asked over HTTP, the hosts serve:\n"
              << fleet.serving() << std::flush;
    if (code != each.exit) {
      std::cerr << "baton: expected exit code " << each.exit << " here\n";
      ++surprises;
    }
  }
  return surprises;
}

constexpr const char* with_your_own = R"(
== With machines of your own

   cd your-project                 # a git repository with a compose.yaml
   baton init                      # writes baton.yaml, hosts from your ssh config
   baton check --hosts             # what is missing where, and the command that mends it
   baton explain                   # if this fails, that is rolled back
   baton deploy
)";

int demo(const cli_context& context, bool with_docker, bool keep) {
  std::cout
      << "Three hosts on this machine: thinkpad (staging), rtx1080 (production), vps (public).\n"
         "Each is an sshd of its own on loopback; nothing is touched outside one temporary\n"
         "folder.\n"
      << std::flush;
  struct sigaction noted {};
  noted.sa_handler = note_stop; // a handler, not SIG_IGN: children start with the default
  ::sigaction(SIGINT, &noted, nullptr);
  ::sigaction(SIGTERM, &noted, nullptr);
  ::sigaction(SIGHUP, &noted, nullptr); // the terminal is closed: the hosts go, too
  auto fleet = demo_fleet::start(with_docker, keep);
  if (!fleet) {
    std::cerr << "baton: " << describe(fleet.error()) << "\n";
    return exit_code::unavailable;
  }
  const int surprises = tell(*fleet, context);
  if (stop_asked != 0)
    return 128 + static_cast<int>(stop_asked);
  std::cout << with_your_own;
  if (keep)
    std::cout << fmt::format(
        "\n   The demo's hosts are still there. Log in: {0}/controller/bin/ssh vps\n"
        "   Deploy: PATH={0}/controller/bin:$PATH XDG_STATE_HOME={0}/controller/state "
        "baton --config {1} deploy 1.0.0\n"
        "   End them: sh {0}/fleet.sh down {0}\n",
        fleet->folder().string(), fleet->config().string());
  std::cout << std::flush;
  return surprises == 0 ? exit_code::ok : 1;
}

} // namespace

void add_demo(CLI::App& app, cli_context& context) {
  auto* const verb =
      app.add_subcommand("demo", "Start three hosts on this machine and deploy to them four times");
  auto with_docker = std::make_shared<bool>(false);
  auto keep = std::make_shared<bool>(false);
  verb->add_flag("--docker", *with_docker, "Deploy containers with docker compose");
  verb->add_flag("--keep", *keep, "Leave the hosts running, and say how to end them");
  verb->callback([&context, with_docker, keep] {
    context.chosen = [&context, with_docker, keep] { return demo(context, *with_docker, *keep); };
  });
}

} // namespace baton
