#pragma once

#include "rules/run.hpp"

namespace baton {

/// Whether a host's saved secret files must be put back: it does not serve the new release, and is
/// not merely out of sight while it should.
bool owes_secrets(const plan& of, const run& now, unit_id host);

/// Whether a step of the ending has anything to do on a unit. Asked when the unit comes to it, that
/// is when all units are through the steps before.
bool is_due(const plan& of, const run& now, step_kind step, unit_id on);

/// What a step of the ending that did not work means: seldom more than a warning.
void ending_failed(const plan& of, run& now, step_kind step, unit_id on, const error& why);

/// Hosts that belong to somebody else by now cannot be given their files back.
void give_up_lost(const plan& of, run& now);

} // namespace baton
