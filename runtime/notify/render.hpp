#pragma once

#include "messages/alerts.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// What is wrong with a template of a message, for people; empty: nothing.
std::string template_fault(const std::string& text);

/// Names in a template that mean nothing, each once; none where it changes its delimiters.
std::vector<std::string> unknown_variables(const std::string& text);

/// Those that mean something.
const std::vector<std::string>& template_variables();

/// The variables of a message filled into a template, each through `escape`; `{{{name}}}` is not
/// escaped. A name that means nothing is empty. docs/alerts.md lists the names.
std::string render(const std::string& text_template, const message& what,
                   const std::function<std::string(std::string_view)>& escape);

} // namespace baton
