#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// The first byte that has no place in a text file: of invalid UTF-8, or a control character other
/// than tab and line break.
struct bad_byte {
  std::size_t offset = 0;
  std::string what;
};

std::optional<bad_byte> find_bad_byte(std::string_view text);

} // namespace baton
