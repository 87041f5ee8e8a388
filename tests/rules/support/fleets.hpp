#pragma once

#include "messages/plan.hpp"

#include <string>
#include <vector>

namespace baton::test {

/// The three machines Baton was made for, as `baton init` would describe them.
fleet homelab();

/// A stage of these hosts with its role's policy and one stack, `app`.
stage make_stage(const std::string& name, role as, const std::vector<std::string>& hosts);

host make_host(const std::string& name);

/// One environment `production` of these stages, no secrets, snapshots, tests or checks.
fleet bare_fleet(std::vector<stage> stages);

/// Throws when there is none.
plan plan_for(const fleet& of, const request& asked = {});

stage& stage_of(fleet& in, const std::string& name);

} // namespace baton::test
