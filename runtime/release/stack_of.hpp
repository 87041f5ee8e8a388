#pragma once

#include "messages/error.hpp"
#include "runtime/job.hpp"

#include <string>

namespace baton::release {

/// What a step of the rules is about, as pointers into its plan.
struct stack_of {
  const unit* of = nullptr;
  const struct host* host = nullptr;   ///< null: the controller
  const struct stage* stage = nullptr; ///< null: the host is in no stage of this plan
  const struct stack* stack = nullptr; ///< null: a step on a host as such
};

/// Looks it up; an error (internal) when the plan has no such unit.
expected<stack_of> find_stack_of(const job_context& context);

/// The commit that was resolved for this stack; empty before that.
std::string resolved_commit(const job_context& context, const std::string& stack);

/// Another fact of an earlier step of this run on this unit, or empty.
std::string earlier_fact(const job_context& context, step_kind kind, const std::string& key);

/// The kept release that a rollback brings back on the step's unit; empty: it is none.
std::string recalled_release(const job_context& context);

/// Whether the run has rolled the unit's host back to a snapshot, as far as that step's end is
/// known.
bool was_rewound(const job_context& context);

} // namespace baton::release
