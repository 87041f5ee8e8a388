#pragma once

#include "runtime/release/facts.hpp"

namespace baton::release {

/// What the step `foresee` has seen, as facts for people and programs:
///   engine           compose, command
///   unknown          why it cannot be told; then nothing follows
///   first            `yes`: nothing was deployed here yet, all of it is new
///   serves           the commit that what runs was made of; empty: not known
///   service.NAME     compose: new, changed, rebuilt (from another commit's files), gone, same
///   pulled           `yes`: of some services that are the same a tag is pulled again
facts foreseen(const facts& told, bool builds);

} // namespace baton::release
