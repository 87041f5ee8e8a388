#pragma once

#include "messages/fleet.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

/// A health check as text: for people, and for the shell that makes it with checks.sh.

namespace baton {

/// `${host}` replaced by the host's address; an IPv6 address gets brackets, as in a URL.
std::string with_host(std::string_view text, std::string_view address);

/// `host:port`, the host without brackets; no port when there is none.
std::pair<std::string, std::string> host_and_port(const std::string& address);

/// What a check asks, for people: `http https://example.org/`. Without a URL's credentials.
std::string shown_check(const health_check& of, std::string_view address);

/// One line of the function each_check: its arguments with the number of the check and the words
/// that make it. Whatever stands in a check stays data.
std::string check_line(std::size_t number, const health_check& of, std::string_view address);

/// `N=ok` or `N=why not`, as checks.sh prints it, by number.
std::map<std::string, std::string> check_answers(std::string_view printed);

} // namespace baton
