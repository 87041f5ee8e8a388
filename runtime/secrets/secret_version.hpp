#pragma once

#include "runtime/secrets/secret_contents.hpp"

#include <string>
#include <vector>

namespace baton {

/// What to call the secrets that a host has: another word as soon as one of its places or their
/// contents changes, the same for the same in every run and on every host. Keyed with a secret of
/// this controller: nothing can be told of the contents, nor a guess be tried, without it.
/// Empty for a host that has none.
expected<std::string> version_of(const std::vector<place_content>& all);

} // namespace baton
