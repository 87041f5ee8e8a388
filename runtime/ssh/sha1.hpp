#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace baton::ssh {

using sha1_digest = std::array<std::uint8_t, 20>;

/// SHA-1 (FIPS 180-4), only because hashed known_hosts lines use it; protects nothing here.
sha1_digest sha1(std::string_view bytes);

/// HMAC-SHA1 (RFC 2104): how OpenSSH hashes a host's name in known_hosts.
sha1_digest hmac_sha1(std::string_view key, std::string_view bytes);

} // namespace baton::ssh
