#include "runtime/steps/lease.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace baton {

std::string name_of(const lease_owner& owner) {
  auto text = "run " + owner.run;
  const auto told = nlohmann::json::parse(owner.owner, nullptr, false);
  const auto word = [&told](const char* key) {
    const auto found = told.is_object() ? told.find(key) : told.end();
    return told.is_object() && found != told.end() && found->is_string() ? found->get<std::string>()
                                                                         : std::string{};
  };
  if (const auto user = word("user"), at = word("controller"); !user.empty() && !at.empty()) {
    text += " of " + user + "@" + at;
    if (const auto pid = told.find("pid"); pid != told.end() && pid->is_number_unsigned())
      text += fmt::format(" (process {})", pid->get<std::uint64_t>());
  } else if (!owner.owner.empty()) {
    text += " of " + owner.owner;
  }
  return text;
}

std::string describe(const lease_owner& owner) {
  auto text = name_of(owner);
  if (owner.heartbeat_age)
    text += fmt::format(", last sign of life {:.0f} s ago", *owner.heartbeat_age);
  if (!owner.same_boot)
    text += ", before the host's last reboot";
  return text;
}

} // namespace baton
