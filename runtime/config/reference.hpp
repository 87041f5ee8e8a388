#pragma once

#include <string>

namespace baton {

/// docs/configuration.md: every key of baton.yaml, from the descriptions in the schema.
std::string configuration_reference();

} // namespace baton
