#include "runtime/job.hpp"

#include "runtime/fault.hpp"
#include "runtime/release/release.hpp"
#include "runtime/secrets/secrets_jobs.hpp"
#include "runtime/snapshots/snapshot_jobs.hpp"
#include "runtime/testing/tests_job.hpp"

#include <exception>

namespace baton {

namespace {

/// Who builds the job of a kind of step, and who reads its end.
struct maker {
  expected<job> (*make)(const job_context&);
  step_outcome (*read)(const job_context&, const job_end&);
};

maker maker_of(step_kind kind) {
  switch (kind) {
  case step_kind::save_secrets:
    return {save_secrets_job, save_secrets_outcome};
  case step_kind::sync_secrets:
    return {sync_secrets_job, sync_secrets_outcome};
  case step_kind::compare_secrets:
    return {compare_secrets_job, compare_secrets_outcome};
  case step_kind::put_back_secrets:
    return {put_back_secrets_job, put_back_secrets_outcome};
  case step_kind::create_snapshot:
    return {create_snapshot_job, create_snapshot_outcome};
  case step_kind::restore_snapshot:
    return {restore_snapshot_job, restore_snapshot_outcome};
  case step_kind::delete_snapshot:
    return {delete_snapshot_job, delete_snapshot_outcome};
  case step_kind::run_tests:
    return {run_tests_job, run_tests_outcome};
  default:
    return {release::make_job, release::read_outcome};
  }
}

std::string failed_by_us(const job_context& context, const char* doing, const char* why) {
  return std::string{"cannot "} + doing + " the step " + std::string{to_string(context.step.kind)}
         + ": " + why;
}

} // namespace

expected<job> make_job(const job_context& context) {
  try {
    return maker_of(context.step.kind).make(context);
  } catch (const std::exception& why) {
    return fault(ec::internal, failed_by_us(context, "build", why.what()), context.step.target);
  }
}

step_outcome read_outcome(const job_context& context, const job_end& end) {
  try {
    return maker_of(context.step.kind).read(context, end);
  } catch (const std::exception& why) {
    step_outcome outcome;
    outcome.why =
        make_error(ec::internal, failed_by_us(context, "read", why.what()), context.step.target);
    return outcome;
  }
}

} // namespace baton
