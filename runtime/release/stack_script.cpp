#include "runtime/release/stack_script.hpp"

#include "embedded/scripts.hpp"
#include "runtime/release/engine_text.hpp"
#include "runtime/release/names.hpp"
#include "runtime/release/tools_text.hpp"
#include "runtime/secrets/secrets_jobs.hpp"
#include "runtime/snapshots/snapshot_jobs.hpp"

#include <algorithm>

namespace baton::release {

namespace {

std::string_view word_for(dirty_policy policy) {
  switch (policy) {
  case dirty_policy::discard:
    return "discard";
  case dirty_policy::keep:
    return "keep";
  case dirty_policy::refuse:
    break;
  }
  return "refuse";
}

} // namespace

script stack_script(const job_context& context, const stack_of& of) {
  const auto& plan = context.plan;
  const auto& stack = *of.stack;
  const auto unit = unit_path(plan, *of.of);
  const auto engine = engine_text(of);
  const auto recalled = recalled_release(context);
  const bool by_compose = std::holds_alternative<compose_engine>(stack.engine);
  script text;
  text.part(embedded::lib_sh)
      .set("B_UNIT", unit)
      .set("B_REF", "refs/baton/" + unit + "/")
      .set("B_HOST", of.of->host)
      .set("B_STACK", image_name(stack.name))
      .set("B_PATH", stack.path)
      .set_repository(stack.repository)
      .set("B_SOURCE", stack.source == source_kind::push ? "push" : "fetch")
      .set("B_DIRTY", word_for(stack.dirty))
      .set("B_RUN", plan.run)
      .set("B_RELEASE", path_name(plan.release))
      .set("B_COMMIT", resolved_commit(context, stack.name))
      .set("B_RECALL", recalled.empty() ? recalled : path_name(recalled))
      .set("B_KEPT", plan.returns_to.empty() ? "no" : "yes")
      .set("B_KEEP", std::to_string(std::max(plan.fleet.keep_releases, 1)))
      .set("B_DISK_FREE", std::to_string(plan.fleet.disk_free_min))
      .set("B_CHECKS", stack.health.checks.empty() ? "none" : "some")
      .set("B_GOOD", earlier_fact(context, step_kind::settle, "fate") == "good" ? "yes" : "no")
      .set("B_REWOUND", was_rewound(context) ? "yes" : "no")
      .set("B_OUTSIDE", outside_folder(plan.run, of.of->host))
      .set("B_ENGINE", engine)
      .part(engine)
      .part(env_files_text(plan, of))
      .part(checks_text(of))
      .part(tools_text(plan, of.of->host))
      .part(secrets_lib())
      .part(embedded::git_sh)
      .part(embedded::host_check_sh)
      .part(embedded::checks_sh)
      .part(embedded::tools_sh)
      .part(embedded::record_sh)
      .part(embedded::leftovers_sh)
      .part(embedded::space_sh);
  if (by_compose)
    text.part(embedded::compose_sh).part(embedded::compose_space_sh);
  else
    text.part(embedded::command_sh);
  return text;
}

} // namespace baton::release
