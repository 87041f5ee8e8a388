#pragma once

#include "messages/error.hpp"

#include <string>

namespace baton {

/// The first line of a file that holds a token, a password or a secret URL, without blanks around
/// it. Errors (secrets_failed) name the file and what to do, never its content: it is not there, it
/// is empty, or others may read it.
expected<std::string> read_secret_line(const std::string& path);

} // namespace baton
