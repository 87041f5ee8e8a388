#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace baton {

/// The names that an ssh config gives to single hosts (`Host` without patterns), in the file's
/// order, each once; files that it includes count as well. Only names: what they mean is said by
/// `ssh -G`. Empty when there is no such file.
std::vector<std::string> ssh_config_names(const std::filesystem::path& config);

/// $BATON_SSH_CONFIG, else ~/.ssh/config.
std::filesystem::path user_ssh_config();

} // namespace baton
