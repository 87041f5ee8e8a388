#pragma once

#include "rules/run.hpp"

/// From looks to what a host serves.

namespace baton {

/// What a stack serves by its last look; `unknown` when it could not be asked, or when its host's
/// lease is lost.
serves stack_serves(const plan& of, const run& now, unit_id stack);

/// The worst of the stacks of a host that is in a stage.
serves host_serves(const plan& of, const run& now, unit_id host);

/// Whether this run changed anything on a host: a stack, secret files, or a snapshot made.
bool is_changed(const plan& of, const run& now, unit_id host);

/// A host's line of the verdict. Until the run is over, what serves where something was changed and
/// not looked at since is not known.
host_verdict host_line(const plan& of, const run& now, unit_id host, bool is_over);

} // namespace baton
