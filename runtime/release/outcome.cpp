#include "runtime/release/release.hpp"

#include "runtime/config/near_name.hpp"
#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/release/classify.hpp"
#include "runtime/release/facts.hpp"
#include "runtime/release/foresee.hpp"
#include "runtime/release/names.hpp"
#include "runtime/release/view.hpp"
#include "runtime/step_end.hpp"

#include <charconv>
#include <utility>

namespace baton::release {

namespace {

/// What a script says of a failure; one that says nothing is told of by its code.
std::string words_of(const facts& told, const std::string& key, ec code) {
  const auto text = get(told, key);
  return text.empty() ? "it said no more than " + std::string{to_string(code)} : text;
}

/// Of a look that all its faults are to be heard from: one error that names all.
std::optional<error> faults_of(const facts& told) {
  std::string text;
  std::optional<error> first;
  bool retryable = true;
  int count = 0;
  for (int n = 1;; ++n) {
    const auto key = "fault." + std::to_string(n);
    const auto code = told.find(key + ".code");
    if (code == told.end())
      break;
    const auto known = ec_from_string(code->second);
    if (!first)
      first = make_error(known, {});
    // What mends itself does not help when another thing has to be mended.
    retryable = retryable && retryable_by_nature(known);
    text += (count++ > 0 ? "; " : "") + words_of(told, key + ".text", known);
    if (const auto mend = get(told, key + ".mend"); !mend.empty())
      text += " [mend: " + mend + "]";
  }
  if (!first)
    return std::nullopt;
  first->what = count > 1 ? std::to_string(count) + " things are wrong: " + text : text;
  first->retryable = retryable;
  return first;
}

int to_int(const std::string& text, int otherwise) {
  int value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The log from the line on that names the command which failed.
std::string said_by(const std::string& name, const std::string& log) {
  const auto mark = "--- " + name + "\n";
  const auto at = log.rfind(mark);
  return at == log.npos ? log : log.substr(at + mark.size());
}

std::optional<error> told_error(const facts& told, const job_end& end) {
  if (const auto code = told.find("error_code"); code != told.end()) {
    const auto known = ec_from_string(code->second);
    auto made = make_error(known, words_of(told, "error_text", known));
    if (const auto retryable = get(told, "error_retryable"); !retryable.empty())
      made.retryable = retryable == "yes";
    return made;
  }
  if (auto found = faults_of(told))
    return found;
  if (const auto status = told.find("status"); status != told.end()) {
    const auto name = get(told, "doing");
    return classify({get(told, "doing_kind"), name, to_int(status->second, 1),
                     said_by(name, end.log_tail), end.log_full || told.contains("disk_full")});
  }
  return std::nullopt;
}

/// What was under way, for errors that come from outside the script.
std::string doing(const job_context& context, const facts& told) {
  auto text = std::string{to_string(context.step.kind)};
  if (const auto name = get(told, "doing"); !name.empty())
    text += " (" + name + ")";
  return text;
}

std::string with_tail(std::string text, const job_end& end) {
  if (const auto said = last_lines(end.log_tail); !said.empty())
    text += ": " + said;
  return text;
}

std::optional<error> error_of(const job_context& context, const facts& told, const job_end& end) {
  const auto what = doing(context, told);
  if (end.lost)
    return make_error(ec::step_lost, what
                                         + ": nobody knows whether it ended (the host was "
                                           "restarted, or its supervisor killed)");
  if (end.deadline_hit)
    return make_error(ec::timed_out, with_tail(what + " did not end in time", end));
  if (!end.signal.empty())
    return make_error(ec::step_killed, with_tail(what + " was killed by SIG" + end.signal, end));
  if (!end.exit)
    return make_error(ec::step_lost, what + " ended, but nobody knows how");
  if (*end.exit == 0)
    return std::nullopt;
  if (auto told_why = told_error(told, end); told_why && *end.exit != exit_disk_full)
    return told_why;
  if (*end.exit == exit_disk_full || end.log_full)
    return make_error(ec::no_space, with_tail(what + " ended where the disk is full", end));
  return make_error(ec::step_failed,
                    with_tail(what + " ended with status " + std::to_string(*end.exit), end));
}

/// A ref that does not exist: near ones may be meant.
void suggest_refs(const job_context& context, const facts& told, error& why) {
  const auto known = lines_of(get(told, "known_refs"));
  if (known.empty())
    return;
  if (std::find(known.begin(), known.end(), context.plan.request.commit_hash) != known.end()) {
    why.what += ": it is there, but no commit";
    return;
  }
  if (const auto near = near_name(context.plan.request.commit_hash, known))
    why.what += ": did you mean `" + *near + "`?";
  else if (const auto few = suggest(context.plan.request.commit_hash, known); !few.empty())
    why.what += ": " + few;
}

bool stays(const std::string& key) {
  // The rest is for this reading only.
  return key == "commit" || key.starts_with("commit:") || key.starts_with("fault.")
         || key == "have_commit" || key == "have_wanted" || key == "baseline" || key == "restored"
         || key == "adopted" || key == "place" || key == "kept";
}

bool is_seen(step_kind kind) {
  switch (kind) {
  case step_kind::inspect:
  case step_kind::gate:
  case step_kind::guard:
  case step_kind::verify:
  case step_kind::look:
    return true;
  default:
    return false;
  }
}

} // namespace

step_outcome read_outcome(const job_context& context, const job_end& end) {
  step_outcome outcome;
  const auto told = parse_facts(end.facts);
  const auto of = find_stack_of(context);
  const auto kind = context.step.kind;

  outcome.why = error_of(context, told, end);
  if (outcome.why) {
    outcome.why->target = context.step.target;
    suggest_refs(context, told, *outcome.why);
  }
  outcome.changed_nothing = get(told, "untouched") == "yes";
  for (const auto& [key, value] : told)
    if (stays(key))
      outcome.facts[key] = value;
  if (kind == step_kind::foresee && of && of->stack) {
    const auto* compose = std::get_if<compose_engine>(&of->stack->engine);
    outcome.facts = foreseen(told, compose && compose->images == image_source::build);
    return outcome;
  }
  if (kind == step_kind::resolve && !outcome.why && !is_commit(get(told, "commit")))
    outcome.why = make_error(ec::internal, "resolve named no commit", context.step.target);
  for (int n = 1; told.contains("note." + std::to_string(n)); ++n)
    outcome.notes.push_back(get(told, "note." + std::to_string(n)));
  // A pre-flight that found faults has looked all the same.
  if (is_seen(kind) && of && of->stack && told.contains("look.engine"))
    outcome.view = read_view(told, *of);
  return outcome;
}

} // namespace baton::release
