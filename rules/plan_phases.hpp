#pragma once

#include "messages/plan.hpp"

#include <map>
#include <string>
#include <vector>

/// The phases of a plan, one function each. They read a plan whose request, fleet, stages, hosts
/// and units are there already.

namespace baton {

/// Where the units of a plan are.
struct unit_index {
  std::map<std::string, unit_id, std::less<>> hosts; ///< the host as such
};

unit_index index_units(const plan& of);

/// The (host, stack) units of a stage, sorted.
std::vector<unit_id> units_of_stage(const plan& of, const unit_index& where, std::size_t stage);

phase pre_flight_phase(const plan& of, const unit_index& where);
phase secrets_phase(const plan& of, const unit_index& where);
phase snapshots_phase(const plan& of, const unit_index& where);
phase deploy_phase_of(const plan& of, const unit_index& where, std::size_t stage);
/// The look before `next` at all stages before `deployed`.
phase guard_phase(const plan& of, const unit_index& where, std::size_t deployed, const phase& next);
phase tests_phase(const plan& of, const unit_index& where);
phase verification_phase(const plan& of, const unit_index& where);
phase rollback_phase(const plan& of, const unit_index& where, std::size_t stage);
phase ending_phase(const plan& of, const unit_index& where);
/// A phase that only stands in the details.
phase skipped_phase(std::string id, phase_kind kind, std::string reason);

} // namespace baton
