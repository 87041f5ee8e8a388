#include "runtime/release/tools_text.hpp"

#include "runtime/release/script.hpp"

#include <algorithm>
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

} // namespace baton::release
