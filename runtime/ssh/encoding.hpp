#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::ssh {

/// Base64 with padding, as in key files; nothing when it is not that.
std::optional<std::string> from_base64(std::string_view text);
std::string to_base64(std::string_view bytes);

/// `SHA256:` and the unpadded base64 of the hash.
std::string sha256_fingerprint(std::string_view blob);

/// Takes a number, or a string with its length before it (RFC 4251), off the front of `bytes`;
/// nothing when there are not enough.
std::optional<std::uint32_t> read_u32(std::string_view& bytes);
std::optional<std::string_view> read_string(std::string_view& bytes);

void put_u32(std::string& bytes, std::uint32_t number);
void put_string(std::string& bytes, std::string_view text);

} // namespace baton::ssh
