#pragma once

#include "messages/fleet.hpp"
#include "messages/plan.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Secrets that baton.yaml itself says, in what is free text there: the values of `vars`, URLs and
/// commands. As secret count:
///
/// - the value of what is called so (secret_name.hpp): a variable, `NAME=value` and `--name value`
///   in a command, a parameter of a URL, a header, a key of JSON; and what follows `Bearer`
/// - the password in a URL: `https://user:password@host`
/// - a word as tokens are, wherever it stands: 20 letters, digits, `_` or `-` and more, upper case,
///   lower case and digits mixed at random
///
/// What the shell puts in (`$NAME`, `$(cat file)`) or a path is none.

namespace baton {

/// A free text with its secrets as `***`; `name` is what it is called, if anything.
std::string without_secrets(std::string_view name, std::string_view text);

/// The secrets of a free text, as written and as they are when decoded.
std::vector<std::string> secrets_in(std::string_view name, std::string_view text);

/// All that the file says, each once.
std::vector<std::string> secrets_said(const fleet& in);

} // namespace baton
