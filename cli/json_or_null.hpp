#pragma once

#include "messages/json.hpp"

#include <optional>
#include <string>

namespace baton {

/// The value, or null where there is none. (`cond ? ordered_json{value} : …` would be a list of
/// it.)
template <class T>
ordered_json or_null(const std::optional<T>& value) {
  ordered_json made;
  if (value)
    made = *value;
  return made;
}

/// The text, or null where it is empty.
inline ordered_json or_null(const std::string& text) {
  return or_null(text.empty() ? std::nullopt : std::optional{text});
}

} // namespace baton
