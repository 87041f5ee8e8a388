#include "runtime/job.hpp"

#include "runtime/fault.hpp"
#include "runtime/release/release.hpp"

namespace baton {

expected<job> make_job(const job_context& context) {
  return release::make_job(context);
}

step_outcome read_outcome(const job_context& context, const job_end& end) {
  return release::read_outcome(context, end);
}

} // namespace baton
