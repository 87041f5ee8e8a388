#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// A port of the host behind which a service of a compose file listens.
struct published_port {
  std::string service;
  std::string address;         ///< `localhost`, or the one address it is bound to
  std::uint16_t published = 0; ///< on the host
  std::uint16_t target = 0;    ///< in the container
  std::string path;            ///< of the URL in the service's healthcheck; `/` without one
};

/// The TCP ports that a compose file publishes (short and long syntax; `${PORT:-8080}` by its
/// default; ranges by their first). What cannot be understood is left out: it is a proposal.
std::vector<published_port> published_ports(std::string_view compose_file);

/// The check to propose for it: http, or tcp where another protocol is usual.
/// As it stands in baton.yaml: `{http: "http://localhost:8080/"}`.
std::string proposed_check(const published_port& port);

} // namespace baton
