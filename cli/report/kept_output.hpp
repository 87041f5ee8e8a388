#pragma once

#include "cli/report/report.hpp"

#include <filesystem>

namespace baton {

/// What steps printed, from the files of a state folder.
output_end kept_output(const std::filesystem::path& state_folder);

} // namespace baton
