#include "runtime/testing/tests_job.hpp"

#include "embedded/scripts.hpp"
#include "embedded/testing.hpp"
#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/release/bundle.hpp"
#include "runtime/release/facts.hpp"
#include "runtime/release/names.hpp"
#include "runtime/release/script.hpp"
#include "runtime/release/stack_of.hpp"
#include "runtime/shell_quote.hpp"
#include "runtime/step_end.hpp"
#include "runtime/testing/junit.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace baton {

namespace {

using release::script;

/// The stack that the tests are about: the first one on that host, on the controller the first of
/// the plan. Null when there is none.
const stack* stack_on(const plan& of, std::string_view target) {
  for (const auto& stage : of.stages) {
    const bool here =
        target == controller_name || std::ranges::find(stage.hosts, target) != stage.hosts.end();
    if (here && !stage.stacks.empty())
      return &stage.stacks.front();
  }
  return nullptr;
}

std::vector<std::string> exports(const job_context& context, const stack* stack,
                                 const std::string& commit) {
  const auto& plan = context.plan;
  std::map<std::string, std::string> vars;
  if (stack != nullptr)
    vars = stack->vars;
  if (const auto* host = find_host(plan.fleet, context.step.target))
    for (const auto& [name, value] : host->vars)
      vars.insert_or_assign(name, value);
  std::string hosts;
  for (const auto& host : plan.hosts)
    (hosts += hosts.empty() ? "" : " ") += host;
  vars["BATON_COMMIT"] = commit;
  vars["BATON_RUN"] = plan.run;
  vars["BATON_ENVIRONMENT"] = plan.request.environment;
  vars["BATON_HOSTS"] = hosts;
  std::vector<std::string> lines;
  for (const auto& [name, value] : vars)
    if (release::is_variable_name(name))
      lines.push_back("export " + name + "=" + shell_quote(value));
  return lines;
}

/// Takes what the report says into the outcome; false when there is none that can be read.
bool read_report(step_outcome& outcome) {
  const auto text = outcome.facts.extract("junit");
  const auto size = outcome.facts.extract("junit_size");
  if (!text)
    return false;
  const auto whole = size ? std::strtoull(size.mapped().c_str(), nullptr, 10) : 0;
  const auto report = read_junit(text.mapped(), whole > text.mapped().size());
  if (!report) {
    outcome.notes.push_back("the report cannot be read: " + report.error().what);
    return false;
  }
  outcome.facts["tests"] = std::to_string(report->tests);
  outcome.facts["failures"] = std::to_string(report->failures);
  outcome.facts["errors"] = std::to_string(report->errors);
  outcome.facts["skipped"] = std::to_string(report->skipped);
  if (report->tests == 0)
    outcome.notes.emplace_back("the report speaks of no test");
  std::string names;
  for (const auto& name : report->failing)
    (names += names.empty() ? "" : ", ") += name;
  if (!names.empty())
    outcome.facts["failing"] = names;
  return true;
}

/// `2 of 40 tests failed: a, b`; empty when the report has no bad one.
std::string bad_tests(const release::facts& facts) {
  const auto number = [&](const char* key) {
    return std::strtol(release::get(facts, key).c_str(), nullptr, 10);
  };
  const long bad = number("failures") + number("errors");
  if (bad == 0)
    return {};
  auto text = std::to_string(bad) + " of " + std::to_string(number("tests")) + " tests failed";
  if (const auto names = release::get(facts, "failing"); !names.empty())
    text += ": " + names + (std::ranges::count(names, ',') + 1 < bad ? ", …" : "");
  return text;
}

} // namespace

expected<job> run_tests_job(const job_context& context) {
  const auto& tests = context.plan.fleet.tests;
  const auto& target = context.step.target;
  const auto* stack = stack_on(context.plan, target);
  const bool here = target == controller_name;
  const bool clone = here && !tests.workdir.starts_with('/') && !tests.workdir.starts_with('~');
  if (stack == nullptr && (clone || tests.workdir.empty()))
    return fault(ec::config_invalid,
                 "no stack is deployed to " + target + ": set `tests: {workdir: …}`", target);
  const auto commit =
      stack != nullptr ? release::resolved_commit(context, stack->name) : std::string{};
  script text;
  text.part(embedded::lib_sh).part(embedded::git_sh);
  text.set("B_RUN", context.plan.run)
      .set("B_JUNIT", tests.junit)
      .set("B_CLONE", clone ? "yes" : "no")
      .set("B_WORKDIR", tests.workdir.empty() && !clone ? stack->path : tests.workdir);
  if (clone) {
    const auto cache = release::cache_folder();
    if (!cache)
      return tl::unexpected{cache.error()};
    text.set("B_CACHE", *cache + "/" + release::cache_name(stack->repository))
        .set_repository(stack->repository)
        .set("B_COMMIT", commit);
  }
  job made;
  made.script = text.function("user_vars", exports(context, stack, commit))
                    .function("user_tests", {"exec " + release::command_words(tests.run)})
                    .part(embedded::run_tests_sh)
                    .text();
  return made;
}

step_outcome run_tests_outcome(const job_context& context, const job_end& end) {
  auto outcome = read_end(context, end, ec::tests_failed, "the tests");
  const bool has_report = read_report(outcome);
  const auto status_fact = outcome.facts.extract("test_status");
  if (outcome.why || !status_fact) {
    if (!outcome.why)
      outcome.why = step_error(context, ec::internal, "the tests have left no status");
    return outcome;
  }
  const auto status = static_cast<int>(std::strtol(status_fact.mapped().c_str(), nullptr, 10));
  const auto bad = has_report ? bad_tests(outcome.facts) : std::string{};
  if (status == 0 && bad.empty())
    return outcome;
  std::string what = "the tests ";
  what += status == 127 ? std::string{"were not found"} : how_it_ended(status);
  if (!bad.empty())
    what = bad + " (" + (status == 0 ? "though the command ended with status 0" : what) + ")";
  else if (const auto said = last_lines(end.log_tail); !said.empty())
    what += ": " + said;
  outcome.why = step_error(context, ec::tests_failed, std::move(what));
  return outcome;
}

} // namespace baton
