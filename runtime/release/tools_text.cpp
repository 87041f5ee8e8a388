#include "runtime/release/tools_text.hpp"

#include "runtime/release/script.hpp"
#include "runtime/secrets/place_names.hpp"
#include "runtime/secrets/places.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

namespace baton::release {

std::string tools_text(const plan& of, const std::string& target) {
  std::set<std::vector<std::string>> needed;
  const auto& secrets = of.fleet.secrets;
  const bool leased = std::find(of.hosts.begin(), of.hosts.end(), target) != of.hosts.end();
  if (secrets.driver == secrets_driver::script
      && (secrets.on == target || (secrets.on == "each_host" && leased)))
    needed.insert({"secrets_failed", "secrets script", secrets.script});
  std::vector<std::string> lines;
  for (const auto& one : needed)
    lines.push_back(words("\"$@\"", one));
  script text;
  text.function("each_tool", lines);
  return text.text();
}

std::string programs_text(const plan& of) {
  std::set<std::vector<std::string>> needed;
  const auto& secrets = of.fleet.secrets;
  for (const auto& place : secrets.places) {
    const bool is_wanted =
        std::ranges::any_of(of.hosts, [&](const std::string& host) { return is_on(place, host); });
    if (secrets.driver == secrets_driver::builtin && is_wanted && of.returns_to.empty()
        && !place.command.empty() && !names_something(place.command.front()))
      needed.insert({place.to, place.command.front()});
  }
  std::vector<std::string> lines;
  for (const auto& one : needed)
    lines.push_back(words("\"$@\"", one));
  script text;
  text.set("B_PROGRAMS_IN", std::filesystem::path{of.fleet.file}.parent_path().string());
  text.function("each_program", lines);
  return text.text();
}

} // namespace baton::release
