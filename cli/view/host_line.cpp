#include "cli/view/host_line.hpp"

#include <fmt/format.h>

namespace baton {

std::string health_words(const host_verdict& host) {
  if (!host.healthy)
    return host.serves == serves::none ? "nothing runs" : "health unknown";
  return *host.healthy ? "healthy" : "NOT healthy";
}

std::string host_line(const std::string& name, const host_verdict& host) {
  return fmt::format("  {:<16} serves {:<8} {:<14} {}", name, to_string(host.serves),
                     health_words(host), host.commit.substr(0, 12));
}

} // namespace baton
