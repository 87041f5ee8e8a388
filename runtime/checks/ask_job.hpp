#pragma once

#include "runtime/job.hpp"

#include <string>
#include <vector>

/// Checks that another target than the stack's own host asks, as a look of its own there.

namespace baton {

/// The look. Commands run in the home folder of a host, on the controller in that of baton.yaml,
/// with the host's variables.
job ask_job(const fleet& of, const std::string& target,
            const std::vector<check_question>& questions);

/// An answer that says only what it answers.
check_answer answer_to(const check_question& of);

/// The longest that asking takes once it has begun.
duration longest_of(const std::vector<check_question>& questions);

/// An answer to each question, in order; one that has none was not asked.
std::vector<check_answer> read_answers(const std::vector<check_question>& questions,
                                       const expected<job_end>& end);

/// Nothing was asked, and why.
std::vector<check_answer> not_asked(const std::vector<check_question>& questions,
                                    const std::string& why);

} // namespace baton
