#pragma once

#include "messages/error.hpp"
#include "messages/plan.hpp"

#include <filesystem>
#include <string_view>

/// What baton.yaml itself says that is secret is left out of the journal (log/redact_record.hpp),
/// but who goes on with a run needs its plan whole. So until the run is over the whole plan lies in
/// `plans/RUN.json` of the state folder (0600), when the journal's is not the whole one.

namespace baton {

/// Keeps the plan, durably: to be called before the run's first record. `journaled` is what the
/// journal will say.
expected<void> seal_plan(const std::filesystem::path& state_folder, const plan& whole,
                         const plan& journaled);

/// The whole plan of a run, by what its first record says. Error journal_failed when it was sealed
/// and is gone, or is another run's.
expected<plan> whole_plan(const std::filesystem::path& state_folder, const plan& journaled);

/// The run is over: nobody needs it any more.
void forget_sealed_plan(const std::filesystem::path& state_folder, std::string_view run);

} // namespace baton
