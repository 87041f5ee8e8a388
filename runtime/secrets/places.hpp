#pragma once

#include "messages/plan.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// A place as it concerns one host.
struct place_on_host {
  std::size_t number; ///< 1-based, among all places of the policy
  const secret_place* place;
};

/// Whether the host has it.
bool is_on(const secret_place& place, std::string_view host);

/// The policy's places that are on this host, in its order. Points into `of`.
std::vector<place_on_host> places_on(const secrets_policy& of, std::string_view host);

/// Where a place's `from` is, seen from a host that has its `to`.
enum class secret_source { controller, same_host, other_host };
secret_source source_of(const secrets_policy& of, std::string_view host);

/// The names of the places' `to`.
std::vector<std::string> targets_of(const std::vector<place_on_host>& places);

} // namespace baton
