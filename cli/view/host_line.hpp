#pragma once

#include "messages/result.hpp"

#include <string>

namespace baton {

/// `healthy`, `NOT healthy`, `nothing runs`, `health unknown`.
std::string health_words(const host_verdict& host);

/// What a host serves and how well, in one line without an end, of 62 columns.
std::string host_line(const std::string& name, const host_verdict& host);

} // namespace baton
