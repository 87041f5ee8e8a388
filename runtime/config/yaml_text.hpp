#pragma once

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// A text as it must stand in YAML to be read back as that text: plain where it can be, else in
/// double quotes.
std::string yaml_scalar(std::string_view text);

/// The words for the comment behind a value; empty: none. The path has keys, and indexes as digits.
using yaml_comment = std::function<std::string(const std::vector<std::string>& path)>;

/// As block YAML; lists without mappings in them stand in one line. Ends with a line break.
std::string yaml_text(const nlohmann::ordered_json& value, const yaml_comment& comment = {});

} // namespace baton
