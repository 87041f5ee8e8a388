#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

// The form of `$BATON_FACTS`: a line `KEY=VALUE` each, where a backslash of the value is `\\` and a
// newline `\n`. The shell function `fact KEY VALUE` (step_prelude.sh) writes it.

struct step_fact {
  std::string key;
  std::string value;
};

/// What a script told, in the order it told it.
struct step_facts {
  std::vector<step_fact> facts;
  std::vector<std::string> other; ///< lines without `=`

  /// The value told last under that key; empty when there is none.
  std::optional<std::string> get(std::string_view key) const;
  /// All values told under that key.
  std::vector<std::string> all(std::string_view key) const;
};

/// Any bytes are taken: any other character after a backslash stands for itself, a last line
/// without its newline counts (unless `cut`, which says that the text is only a beginning).
step_facts decode_facts(std::string_view text, bool cut = false);

/// A line as `fact` writes it, with its newline.
std::string encode_fact(std::string_view key, std::string_view value);

} // namespace baton
