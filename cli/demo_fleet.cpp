#include "cli/demo_fleet.hpp"

#include "embedded/demo.hpp"
#include "runtime/fault.hpp"
#include "runtime/process.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace baton {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t first_address = 0x7f00000b; // 127.0.0.11, .12, .13: see demo/fleet.sh
constexpr std::uint32_t addresses = 3;

bool is_free(std::uint32_t address, std::uint16_t port, std::uint16_t* given) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(address);
  at.sin_port = htons(port);
  auto* const any = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  const bool free = ::bind(fd, any, size) == 0 && ::getsockname(fd, any, &size) == 0;
  if (given != nullptr)
    *given = ntohs(at.sin_port);
  ::close(fd);
  return free;
}

/// A port that no host's address uses; 0 when there is none.
std::uint16_t free_port() {
  for (int tries = 0; tries < 100; ++tries) {
    std::uint16_t port = 0;
    bool free = is_free(first_address, 0, &port);
    for (std::uint32_t other = 1; other < addresses; ++other)
      free = free && is_free(first_address + other, port, nullptr);
    if (free)
      return port;
  }
  return 0;
}

void write_file(const fs::path& at, std::string_view text) {
  fs::create_directories(at.parent_path());
  std::ofstream{at} << text;
}

expected<std::string> run_script(const fs::path& folder, std::string_view verb,
                                 std::vector<std::string> more = {}) {
  process_request request;
  request.deadline = std::chrono::minutes{5}; // a busy machine is slow at ending containers
  request.argv = {"sh", folder / "fleet.sh", std::string{verb}, folder};
  for (auto& word : more)
    request.argv.push_back(std::move(word));
  auto end = run_process(request);
  if (!end)
    return tl::unexpected{end.error()};
  if (auto why = failure_of(*end, ec::unreachable, "setting up the demo's hosts"))
    return tl::unexpected{std::move(*why)};
  return end->out;
}

expected<void> need(const std::vector<std::string>& argv, std::string_view package) {
  process_request request;
  request.argv = argv;
  const auto end = run_process(request);
  if (end && end->exit != 127)
    return {};
  return fault(ec::missing_tool,
               "the demo needs " + argv[0] + ": apt-get install " + std::string{package});
}

expected<void> need_tools(bool with_docker) {
  const std::array<std::pair<std::vector<std::string>, std::string_view>, 4> tools{{
      {{"git", "--version"}, "git"},
      {{"ssh", "-V"}, "openssh-client"},
      {{"busybox", "true"}, "busybox-static"},
      {{"curl", "--version"}, "curl"},
  }};
  for (const auto& [argv, package] : tools)
    if (auto there = need(argv, package); !there)
      return there;
  if (!with_docker)
    return {};
  for (const auto& argv : {std::vector<std::string>{"docker", "version"},
                           std::vector<std::string>{"docker", "compose", "version"}}) {
    process_request request;
    request.argv = argv;
    const auto end = run_process(request);
    if (!end)
      return tl::unexpected{end.error()};
    if (auto why = failure_of(*end, ec::missing_tool, "--docker: " + argv[0] + " " + argv[1]))
      return tl::unexpected{std::move(*why)};
  }
  return {};
}

} // namespace

demo_fleet::demo_fleet(fs::path folder, bool keep) : folder_{std::move(folder)}, keep_{keep} {}

demo_fleet::demo_fleet(demo_fleet&& other) noexcept
    : folder_{std::exchange(other.folder_, {})}, keep_{other.keep_} {}

demo_fleet::~demo_fleet() {
  if (folder_.empty() || keep_)
    return;
  if (const auto down = run_script(folder_, "down"); !down)
    std::cerr << "baton: the demo's hosts could not be taken down (" << describe(down.error())
              << "); by hand: sh " << (folder_ / "fleet.sh").string() << " down "
              << folder_.string() << "\n";
}

expected<demo_fleet> demo_fleet::start(bool with_docker, bool keep) {
  if (auto tools = need_tools(with_docker); !tools)
    return tl::unexpected{tools.error()};
  auto name = (fs::temp_directory_path() / "baton-demo.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return fault(ec::no_space, "cannot make a folder in " + fs::temp_directory_path().string());
  demo_fleet made{name, keep};
  const fs::path& folder = made.folder_;
  write_file(folder / "fleet.sh", embedded::fleet_sh);
  write_file(folder / "shop" / "shop.sh", embedded::shop_sh);
  write_file(folder / "shop" / "shop_test.sh", embedded::shop_test_sh);
  if (with_docker) {
    write_file(folder / "shop" / "compose.yaml", embedded::compose_yaml);
    write_file(folder / "shop" / "Dockerfile", embedded::dockerfile);
  }
  const auto owner = keep ? 0 : ::getpid();
  auto up = run_script(folder, "up",
                       {std::to_string(free_port()), std::to_string(free_port()),
                        with_docker ? "compose" : "process", std::to_string(owner)});
  if (!up) {
    made.keep_ = false;
    return tl::unexpected{up.error()};
  }
  const char* const path = std::getenv("PATH");
  const auto bin = (folder / "controller" / "bin").string();
  ::setenv("PATH", (bin + ":" + (path != nullptr ? path : "/usr/bin:/bin")).c_str(), 1);
  ::setenv("XDG_STATE_HOME", (folder / "controller" / "state").c_str(), 1);
  ::setenv("XDG_CACHE_HOME", (folder / "controller" / "cache").c_str(), 1);
  return made;
}

expected<void> demo_fleet::release(std::string_view version) const {
  auto done = run_script(folder_, "release", {std::string{version}});
  if (!done)
    return tl::unexpected{done.error()};
  return {};
}

std::string demo_fleet::serving() const {
  return run_script(folder_, "serving").value_or("    (the hosts could not be asked)\n");
}

} // namespace baton
