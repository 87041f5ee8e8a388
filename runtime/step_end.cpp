#include "runtime/step_end.hpp"

#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/release/facts.hpp"
#include "runtime/signal_name.hpp"

#include <map>
#include <string>
#include <utility>

namespace baton {

namespace {

/// Takes the fact out; empty when there is none.
std::string take(std::map<std::string, std::string>& facts, const std::string& key) {
  const auto node = facts.extract(key);
  return node ? node.mapped() : std::string{};
}

std::string with_output(std::string what, const job_end& end) {
  if (const auto said = last_lines(end.log_tail); !said.empty())
    what += ": " + said;
  return what;
}

error why_not(const job_context& context, const job_end& end, ec code, std::string_view doing,
              std::map<std::string, std::string>& facts) {
  const std::string name{doing};
  if (end.lost)
    return step_error(context, ec::step_lost, "nobody knows whether " + name + " has run");
  if (end.deadline_hit)
    return step_error(context, ec::timed_out, with_output(name + " did not end in time", end));
  if (!end.signal.empty())
    return step_error(context, ec::step_killed,
                      with_output(name + " was killed by SIG" + end.signal, end));
  if (end.exit == exit_disk_full)
    return step_error(context, ec::no_space,
                      with_output(name + " ended where the disk is full", end));
  const auto said = take(facts, "error_text");
  const auto said_code = take(facts, "error_code");
  const auto said_retryable = take(facts, "error_retryable");
  if (said.empty())
    return step_error(
        context, code,
        with_output(name + " ended with status " + std::to_string(end.exit.value_or(-1)), end));
  auto why = step_error(context, said_code.empty() ? code : ec_from_string(said_code), said);
  if (!said_retryable.empty())
    why.retryable = said_retryable == "yes";
  return why;
}

} // namespace

std::string how_it_ended(int shell_status) {
  if (shell_status > 128)
    if (const auto name = signal_name(shell_status - 128); !name.empty())
      return "was killed by SIG" + std::string{name};
  return "ended with status " + std::to_string(shell_status);
}

error step_error(const job_context& context, ec code, std::string what) {
  auto why = make_error(code, std::move(what), context.step.target);
  why.step = step_id(context.plan, context.step.phase, context.step.kind, context.step.of,
                     context.step.attempt);
  return why;
}

step_outcome read_end(const job_context& context, const job_end& end, ec code,
                      std::string_view doing) {
  step_outcome outcome;
  outcome.facts = release::parse_facts(end.facts);
  for (int n = 1;; ++n) {
    auto note = outcome.facts.extract("note." + std::to_string(n));
    if (!note)
      break;
    outcome.notes.push_back(std::move(note.mapped()));
  }
  if (end.lost || end.deadline_hit || !end.signal.empty() || end.exit != 0)
    outcome.why = why_not(context, end, code, doing, outcome.facts);
  return outcome;
}

} // namespace baton
