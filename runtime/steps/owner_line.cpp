#include "runtime/steps/owner_line.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <climits>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <unistd.h>

namespace baton {

namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string kernel_boot() {
  const auto text = text_of_file("/proc/sys/kernel/random/boot_id");
  return text.substr(0, text.find('\n'));
}

std::string pid_space() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/ns/pid", none).string();
}

struct process_stat {
  std::string state;
  std::string start_ticks;
};

/// Fields 3 and 22 of /proc/PID/stat. The name before them may hold anything.
std::optional<process_stat> stat_of(const std::string& pid) {
  const auto stat = text_of_file("/proc/" + pid + "/stat");
  const auto end = stat.rfind(')');
  if (end == std::string::npos)
    return std::nullopt;
  std::istringstream rest{stat.substr(end + 1)};
  process_stat made;
  rest >> made.state;
  for (int number = 4; number <= 22; ++number)
    rest >> made.start_ticks;
  return made;
}

std::string member(const nlohmann::json& in, const char* key) {
  const auto found = in.find(key);
  return found != in.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

} // namespace

std::string owner_line(std::string_view user, std::string_view controller) {
  return nlohmann::json{{"version", 2},
                        {"user", user},
                        {"controller", controller},
                        {"boot_id", kernel_boot()},
                        {"pid_space", pid_space()},
                        {"pid", ::getpid()},
                        {"start_ticks", stat_of("self").value_or(process_stat{}).start_ticks}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

owner_process process_of(std::string_view line) {
  const auto told = nlohmann::json::parse(line, nullptr, false);
  if (!told.is_object())
    return owner_process::elsewhere;
  const auto boot = member(told, "boot_id");
  const auto space = member(told, "pid_space");
  const auto start = member(told, "start_ticks");
  const auto pid = told.find("pid");
  const bool is_whole = !boot.empty() && !space.empty() && !start.empty() && pid != told.end()
                        && pid->is_number_unsigned() && pid->get<std::uint64_t>() > 0
                        && pid->get<std::uint64_t>() <= INT_MAX;
  if (!is_whole || boot != kernel_boot() || space != pid_space())
    return owner_process::elsewhere;
  // Asked first: another user's processes may be hidden in /proc, not from this.
  const auto number = pid->get<pid_t>();
  if (::kill(number, 0) != 0 && errno == ESRCH)
    return owner_process::gone;
  const auto now = stat_of(std::to_string(number));
  if (!now)
    return owner_process::lives;
  const bool is_dead = now->state == "Z" || now->state == "X" || now->start_ticks != start;
  return is_dead ? owner_process::gone : owner_process::lives;
}

} // namespace baton
