#pragma once

#include "runtime/release/script.hpp"
#include "runtime/release/stack_of.hpp"

namespace baton::release {

/// All that every step on a stack has in common: what is known of it, and the parts of
/// runtime/scripts with its engine. The step's own part comes behind.
script stack_script(const job_context& context, const stack_of& of);

} // namespace baton::release
