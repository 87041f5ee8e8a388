#pragma once

#include "rules/run.hpp"

namespace baton {

/// How the run ends, as far as it is known: the worst of its failures, `failed` once a rollback
/// has failed where that matters, success while nothing has failed.
status status_of(const plan& of, const run& now);

/// The failure that decides the verdict: the first of the worst. Null: nothing has failed.
const failure* deciding(const run& now);

} // namespace baton
