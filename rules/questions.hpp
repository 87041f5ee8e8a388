#pragma once

#include "messages/event.hpp"

#include <string_view>
#include <vector>

/// Checks that are asked from elsewhere than the stack's own host, and what their answers mean.

namespace baton {

/// What is asked from elsewhere about a stack on a host, after a look at it: nothing where nothing
/// runs, nor of a baseline, of which nobody knows what was healthy.
std::vector<check_question> questions_about(const fleet& of, std::string_view host,
                                            const stack& its, const unit_view& seen);

/// The checks of the verification. One that its stage's own hosts make, or that names their
/// address, is asked about each of them.
std::vector<check_question> questions_of_verification(const plan& of);

/// Adds the answers to a look. True: they leave it open whether the unit is healthy, as somebody
/// could not be asked and nothing else speaks against it.
bool add_answers(unit_view& to, const std::vector<check_answer>& answers);

} // namespace baton
