#include "runtime/steps/owner_line.hpp"

#include "runtime/process_identity.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <climits>

namespace baton {

namespace {

std::string member(const nlohmann::json& in, const char* key) {
  const auto found = in.find(key);
  return found != in.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  return bad == std::errc{} && end == text.data() + text.size() ? number : 0;
}

} // namespace

std::string owner_line(std::string_view user, std::string_view controller) {
  const auto self = this_process();
  return nlohmann::json{{"version", 2},
                        {"user", user},
                        {"controller", controller},
                        {"boot_id", self.boot_id},
                        {"pid_space", self.pid_space},
                        {"pid", self.pid},
                        {"start_ticks", std::to_string(self.start_ticks)}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

owner_process process_of(std::string_view line) {
  const auto told = nlohmann::json::parse(line, nullptr, false);
  if (!told.is_object())
    return owner_process::elsewhere;
  const auto pid = told.find("pid");
  if (pid == told.end() || !pid->is_number_unsigned() || pid->get<std::uint64_t>() > INT_MAX)
    return owner_process::elsewhere;
  return fate_of({pid->get<pid_t>(), number_in(member(told, "start_ticks")),
                  member(told, "boot_id"), member(told, "pid_space")});
}

} // namespace baton
