#pragma once

#include "runtime/job.hpp"

#include <string>

namespace baton::release {

/// `baton adopt HOST`: what runs on a host now is taken as the baseline of a stack, although it has
/// another compose project or folder than baton.yaml says; later releases go on under that project,
/// with its volumes. Not a step of a plan: an effect, to be run under the host's lease.
///
/// `project`: which of several; empty: the one that runs from the checkout, has our project's name,
/// or is the only one. Fact `adopted`: the project (compose), or `command`. Error usage names the
/// choice when there is one, foreign_project when nothing runs.
expected<job> adopt_job(const fleet& of, const std::string& host, const std::string& stack,
                        const std::string& project);
step_outcome adopt_outcome(const std::string& host, const job_end& end);

} // namespace baton::release
