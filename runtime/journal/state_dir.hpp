#pragma once

#include "messages/error.hpp"

#include <filesystem>

namespace baton {

/// The folder of everything Baton keeps on the controller: systemd's $STATE_DIRECTORY for the
/// service, else $XDG_STATE_HOME/baton, else ~/.local/state/baton. Not created here.
std::filesystem::path state_dir();

/// Where the journal lies in a state folder.
std::filesystem::path journal_file(const std::filesystem::path& state_folder);

/// Makes the folder and its missing parents, for the owner alone (0700). What exists keeps its
/// mode. Error journal_failed names the folder and what to do.
expected<void> make_private_folder(const std::filesystem::path& folder);

} // namespace baton
