#pragma once

#include "messages/plan.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Names from outside, as what they are used for.

namespace baton::release {

/// One component of a path, of a git ref and of a marker: letters, digits, `-` and `_` stay, a dot
/// too but at the start; every other byte becomes `%XX`. Different texts stay different.
std::string path_name(std::string_view text);

/// One component of an image's name: lower case, what images cannot be called becomes `-`.
std::string image_name(std::string_view text);

/// Why this is no branch, tag or commit that git may be asked for; empty when it is. Stricter than
/// git: no shell characters.
std::optional<std::string> bad_ref(std::string_view ref);

/// 4 to 40, or 64, hexadecimal digits: may be (the beginning of) a commit's id.
bool looks_like_commit(std::string_view ref);

/// A whole commit id: 40 or 64 hexadecimal digits, lower case.
bool is_commit(std::string_view text);

/// A short name for a cache folder, the same for the same URL, whoever logs in there.
std::string cache_name(const std::string& url);

/// May stand before `=` in a shell.
bool is_variable_name(std::string_view text);

/// `FLEET/HOST/STACK`, as path: where the records of a stack on a host are, below `stacks/`.
std::string unit_path(const plan& of, const unit& which);

} // namespace baton::release
