#pragma once

#include "rules/run.hpp"

#include <string>

namespace baton {

/// Somebody is told that a phase failed, and what follows.
void alert_failure(const plan& of, run& now, const failure& about);

/// A host could not be brought back: it is named in the verdict and somebody is told, once a host.
/// Makes the run `failed`, unless `excused` (what happens in a contained stage stays there).
void fail_rollback(const plan& of, run& now, unit_id on, const error& why, bool excused);

} // namespace baton
