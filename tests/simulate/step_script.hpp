#pragma once

#include "messages/plan.hpp"
#include "runtime/job.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::simulate {

/// What a simulated step is to do: the script that its job carries, as the model of a machine reads
/// it.
struct step_script {
  std::string id; ///< of the step
  std::string run, phase, host, stack, target, release, commit;
  step_kind kind = step_kind::look;
  unit_id of = 0;
  int attempt = 1;
  std::string fate;     ///< settle: `good` or `bad`
  bool saved = false;   ///< put_back_secrets: there must be copies
  bool rewound = false; ///< the run has rolled the host back to a snapshot
  std::string snapshot;
  std::vector<std::string> hosts; ///< that a script on the controller writes secrets to
};

/// Instead of `make_job`: the same job with a script for the model. What the end of a job means is
/// read by the product itself.
expected<job> make_simulated_job(const job_context& context);

/// Empty for a text that is no such script.
std::optional<step_script> read_script(std::string_view text);

} // namespace baton::simulate
