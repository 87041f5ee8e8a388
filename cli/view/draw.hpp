#pragma once

#include "cli/view/model.hpp"
#include "cli/view/text.hpp"

#include <string>
#include <vector>

namespace baton {

/// The view as lines of at most `width` columns, no line ends, and at most `height` of them: where
/// that is less than there is to say, what is under way comes before what is over or still to come,
/// and the last line counts what is left out.
std::vector<std::string> draw(const view_model& view, time_point now, std::size_t width,
                              std::size_t height, charset shows);

} // namespace baton
