#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// A step id as the two words that name it on a target, in requests and as folders: letters,
/// digits, `.`, `_`, `-` stand for themselves, `/` within the step is `+`, all else is `%XX`.
struct step_name {
  std::string run;  ///< what is before the first `/`
  std::string step; ///< what is after it; `+` when there is no `/`
};

/// Empty for an id that is empty, begins or ends with `/`, or is too long for a file name.
std::optional<step_name> name_step(std::string_view id);

/// The step id again.
std::string step_id(const step_name& name);

/// One word of a request from any text (and back); never empty.
std::string encode_word(std::string_view text);
std::string decode_word(std::string_view word);

} // namespace baton
