#include "runtime/config/read_fleet.hpp"

#include <algorithm>

#include <arpa/inet.h>

namespace baton {

namespace {

/// The host of the fleet that `jump` names alone; null when it is something else.
const host* jump_of(const std::vector<host>& among, const host& from) {
  const auto found =
      std::ranges::find(among, from.reach.jump, [](const host& other) { return other.reach.name; });
  return found == among.end() ? nullptr : &*found;
}

void check_jumps(const view& in, const std::vector<host>& hosts) {
  for (const auto& start : hosts) {
    const auto* at = jump_of(hosts, start);
    for (std::size_t hops = 0; at && hops < hosts.size(); ++hops) {
      if (at->reach.name == start.reach.name) {
        in.named(start.reach.name)["jump"].fault("the way to " + start.reach.name
                                                 + " leads through itself");
        break;
      }
      at = jump_of(hosts, *at);
    }
  }
}

/// An IPv6 address may be written as in a URL.
std::string without_brackets(const std::string& address) {
  return address.starts_with('[') && address.ends_with(']') ? address.substr(1, address.size() - 2)
                                                            : std::string{};
}

bool is_ipv6(const std::string& address) {
  in6_addr any{};
  return inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &any) == 1;
}

void read_host(const view& in, host& into) {
  auto& reach = into.reach;
  in["ssh"].read(reach.ssh);
  in["address"].read(reach.address);
  if (const auto plain = without_brackets(reach.address); is_ipv6(plain))
    reach.address = plain;
  in["user"].read(reach.user);
  int port = reach.port;
  in["port"].read(port);
  if (port >= 0 && port <= 65535)
    reach.port = static_cast<std::uint16_t>(port);

  std::string identity;
  in["identity"].read_controller_path(identity);
  if (!identity.empty())
    reach.identities.push_back(identity);
  const auto more = in["identities"];
  if (more.is(yaml_kind::list))
    for (const auto& item : more.items()) {
      identity.clear();
      item.read_controller_path(identity);
      if (!identity.empty())
        reach.identities.push_back(identity);
    }
  else {
    identity.clear();
    more.read_controller_path(identity);
    if (!identity.empty())
      reach.identities.push_back(identity);
  }

  in["jump"].read(reach.jump);
  in["sudo"].read(reach.sudo);
  in["state_dir"].read_host_path(into.state_dir);
  in["vars"].read(into.vars);
}

} // namespace

void read_hosts(const view& in, std::vector<host>& into) {
  for (const auto& [name, value] : in.entries()) {
    host made;
    made.reach.name = name;
    read_host(value, made);
    into.push_back(std::move(made));
  }
  check_jumps(in, into);
}

} // namespace baton
