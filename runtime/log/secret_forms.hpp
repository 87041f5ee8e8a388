#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// The ways in which a secret may stand in a text: as it is, each line of it, as base64 (both
/// alphabets, at each of the three places in a longer text), in hexadecimal digits, URL-encoded,
/// escaped for JSON (also as Go does it), XML, a shell, Python, compose. None is shorter than four
/// bytes, none has line breaks that the secret has not (redactor.hpp).
std::vector<std::string> forms_of(std::string_view secret);

inline constexpr std::size_t secret_bytes_min = 4;

} // namespace baton
