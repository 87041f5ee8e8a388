#pragma once

#include "runtime/secrets/place_names.hpp"

#include <tl/expected.hpp>

#include <string>

namespace baton {

/// The text with each `{{name}}` replaced, nothing escaped; also the rest of mustache: comments,
/// `{{=<< >>=}}` for texts that hold `{{`, sections of names that are known. Error, for people: a
/// mistake with its line, or the names that mean nothing or have no value here. None of the text's
/// other words is in it.
tl::expected<std::string, std::string> fill_in(const std::string& text, const place_names& names);

} // namespace baton
