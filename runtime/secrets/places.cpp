#include "runtime/secrets/places.hpp"

#include <algorithm>

namespace baton {

bool is_on(const secret_place& place, std::string_view host) {
  return place.hosts.empty() || std::ranges::find(place.hosts, host) != place.hosts.end();
}

std::vector<place_on_host> places_on(const secrets_policy& of, std::string_view host) {
  std::vector<place_on_host> found;
  for (std::size_t i = 0; i < of.places.size(); ++i) {
    const auto& place = of.places[i];
    if (is_on(place, host))
      found.push_back({i + 1, &place});
  }
  return found;
}

secret_source source_of(const secrets_policy& of, std::string_view host) {
  if (of.driver != secrets_driver::script || of.on == controller_name)
    return secret_source::controller;
  return of.on == "each_host" || of.on == host ? secret_source::same_host
                                               : secret_source::other_host;
}

std::vector<std::string> targets_of(const std::vector<place_on_host>& places) {
  std::vector<std::string> paths;
  for (const auto& one : places)
    paths.push_back(one.place->to);
  return paths;
}

} // namespace baton
