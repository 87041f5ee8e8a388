#pragma once

#include <string>

namespace CLI {
class App;
}

namespace baton {

/// The subcommand nearest to the first word of the command line that is none; empty: none is near.
std::string near_command(const CLI::App& app, int argc, const char* const* argv);

} // namespace baton
