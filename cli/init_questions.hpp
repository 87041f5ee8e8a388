#pragma once

#include "runtime/config/init.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace baton {

/// `NAME`, `NAME=ADDRESS`, `NAME=USER@ADDRESS:PORT`, `NAME=ssh:ALIAS`. Empty name: it cannot be
/// read. An IPv6 address with a port stands in brackets.
init_host host_from_text(const std::string& text);

/// The first of compose's own file names in a folder; empty: none.
std::string find_compose_file(const std::string& folder);

/// Sets checks (and the name of a file that compose would not find by itself) from a compose
/// file; false: it cannot be read.
bool take_compose_file(const std::string& file, init_answers& into);

/// Asks a person line by line; an empty line takes what is proposed, so that only empty lines give
/// `usual`, with the checks of a compose file that lies here. At the end of `in` all is proposed.
/// Where the ssh config names none of the usual hosts, its own are proposed.
init_answers ask(std::istream& in, std::ostream& out, const init_answers& usual,
                 const std::vector<std::string>& ssh_names);

} // namespace baton
