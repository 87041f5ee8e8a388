#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace baton {

/// Why a command line names no command: `there is no command "deplyo"; did you mean "deploy"?`.
/// Nothing when it does, or names none at all.
std::optional<std::string> wrong_command(const CLI::App& app, int argc, const char* const* argv);

} // namespace baton
