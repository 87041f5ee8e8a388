#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton::release {

using facts = std::map<std::string, std::string>;

/// What a script told with `fact` (runtime/steps/step_text.hpp); of one key told twice the last.
facts parse_facts(std::string_view text);

/// The value, or empty.
std::string get(const facts& from, const std::string& key);

/// The lines that are not empty.
std::vector<std::string> lines_of(std::string_view text);

} // namespace baton::release
