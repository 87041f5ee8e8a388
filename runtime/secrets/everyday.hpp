#pragma once

#include <string_view>

namespace baton {

/// `true`, `yes`, `none` and their like: no secret even as the value of a password.
bool is_answer(std::string_view value);

/// A value that everybody uses, such as `info`, `production` or a port: nobody could read a log
/// without it. It is no secret unless its name says so.
bool is_everyday(std::string_view value);

} // namespace baton
