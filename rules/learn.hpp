#pragma once

#include "rules/run.hpp"

/// What steps teach about units, whatever phase they belong to.

namespace baton {

/// A step begins: from now on the run must assume that its effect happened.
void learn_begun(const plan& of, run& now, const step_spec& step, unit_run& on);

/// A step has ended.
void learn_ended(const plan& of, run& now, const step_spec& step, const unit_run& on,
                 const step_outcome& outcome);

} // namespace baton
