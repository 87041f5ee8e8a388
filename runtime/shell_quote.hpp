#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// `text` as exactly one word of a POSIX shell, whatever it holds (NUL cannot be a word: it is
/// left out). The one way for anything from outside into a script.
std::string shell_quote(std::string_view text);

/// The words joined by spaces, each quoted.
std::string shell_join(const std::vector<std::string>& words);

} // namespace baton
