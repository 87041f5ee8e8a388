#pragma once

#include "rules/run.hpp"

namespace baton {

/// What follows from a forward phase that has failed or was cancelled: which phase is blamed, what
/// is rolled back, how the run ends by it.
failure judge(const plan& of, const run& now, std::size_t phase);

/// The stages that a scope covers, seen from a phase (which may be of a stage, or tests, or
/// verification).
std::set<std::size_t> stages_in(const plan& of, const run& now, scope over, std::size_t phase);

/// Whether what a stage shows is judged: it has not failed before, and is not only reported.
bool is_judged(const plan& of, const run& now, std::size_t stage);

} // namespace baton
