#pragma once

#include "messages/error.hpp"

#include <filesystem>
#include <string_view>

namespace baton {

/// Puts `text` in place of a file at once, readable for all (0644): a reader sees the old text or
/// the new one. The file that is made on the way does not end in `.prom`.
expected<void> replace_textfile(const std::filesystem::path& file, std::string_view text);

} // namespace baton
