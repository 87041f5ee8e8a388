#pragma once

#include "rules/run.hpp"

namespace baton {

/// The status of the process for a result; everything else in `of_run` is filled in.
int exit_code_of(const plan& of, const run& now, const result& of_run);

} // namespace baton
