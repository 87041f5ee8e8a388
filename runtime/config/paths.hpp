#pragma once

#include "messages/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// $HOME, else the password file's; empty when neither knows.
std::filesystem::path home_folder();

/// A path on the controller as baton.yaml says it, absolute: `~/` is the home folder, anything
/// relative belongs to the folder of baton.yaml. None for `~name/`.
std::optional<std::string> controller_path(const std::filesystem::path& folder,
                                           std::string_view text);

/// Which baton.yaml is meant: `given` (the option `--config`) if not empty, else $BATON_CONFIG,
/// else the first baton.yaml in the current folder or one above it, up to the top of the git work
/// tree (without a work tree: only the current folder). Error (config_invalid): there is none; the
/// text says where was looked.
expected<std::string> find_config(const std::string& given);

} // namespace baton
