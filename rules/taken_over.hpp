#pragma once

#include "messages/event.hpp"
#include "messages/plan.hpp"

#include <optional>
#include <string>

namespace baton {

/// What a look finds of a stack on a host that was taken over from a run that nobody goes on with,
/// for people; nothing where it could not be seen.
std::optional<std::string> left_behind(const unit& of, const unit_view& found);

} // namespace baton
