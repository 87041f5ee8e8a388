#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// The ways in which a secret may stand in a text: as it is, each line of it, as base64 (both
/// alphabets, at each of the three places in a longer text, also wrapped), URL-encoded, escaped in
/// JSON, quoted for a shell. None is shorter than four bytes.
std::vector<std::string> forms_of(std::string_view secret);

inline constexpr std::size_t secret_bytes_min = 4;

} // namespace baton
