#pragma once

#include "messages/error.hpp"
#include "runtime/ssh/known_hosts.hpp"
#include "runtime/ssh/resolve.hpp"

#include <string>
#include <vector>

namespace baton::ssh {

/// Nothing when the key is the known one; else the refusal, with every fingerprint there is and
/// what to do. There is no way round it but a line in known_hosts.
expected<void> verify(const key_check& found, const host_key& offered, const resolved_endpoint& to);

/// The algorithms to ask a host for, as libssh takes them: those of the known keys first, since a
/// host known by one type must not be asked for another.
std::string host_key_algorithms(const std::vector<std::string>& known_types);

} // namespace baton::ssh
