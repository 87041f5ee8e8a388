#include "runtime/log/redact_record.hpp"

#include "runtime/secrets/free_texts.hpp"
#include "runtime/secrets/said_secrets.hpp"

#include <utility>

namespace baton {

namespace {

void redact_text(const redactor& by, std::string& text) {
  if (!text.empty())
    text = by.redact(text);
}

void redact_lines(const redactor& by, std::vector<std::string>& lines) {
  for (auto& line : lines)
    redact_text(by, line);
}

/// What a host or a program said, of which only the beginning came.
void redact_beginning(const redactor& by, std::string& text) {
  if (!text.empty())
    text = by.redact_beginning(text);
}

/// Facts that nothing is decided by.
bool is_free(const std::string& fact) {
  return fact.starts_with("fault.") || fact == "failing" || fact == "doing";
}

template <class Said>
Said redact_said(const redactor& by, Said what) {
  each_free_text(what, [&by](std::string_view name, std::string& text) {
    if (!text.empty())
      text = by.redact(without_secrets(name, text));
  });
  return what;
}

template <class Details>
void redact_details(const redactor& by, Details& details) {
  if (details.error)
    redact_text(by, *details.error);
}

struct free_texts {
  const redactor& by;

  void operator()(event::run_requested& begun) const {
    if (begun.plan)
      begun.plan = std::make_shared<const plan>(redact(by, *begun.plan));
  }

  void operator()(event::step_ended& ended) const {
    ended.outcome = redact(by, std::move(ended.outcome));
  }

  void operator()(event::alert_raised& alert) const { redact_text(by, alert.text); }

  void operator()(event::cancel_requested& cancel) const { redact_text(by, cancel.by); }

  void operator()(event::run_finished& finished) const {
    if (!finished.result)
      return;
    auto verdict = *finished.result;
    if (verdict.why)
      verdict.why = redact(by, std::move(*verdict.why));
    for (auto& [id, entry] : verdict.details) {
      redact_details(by, entry);
      for (auto& [host, of_host] : entry.hosts) {
        redact_details(by, of_host);
        redact_lines(by, of_host.notes);
      }
    }
    redact_lines(by, verdict.warnings);
    finished.result = std::make_shared<const result>(std::move(verdict));
  }

  template <class Other>
  void operator()(Other&) const {}
};

} // namespace

error redact(const redactor& by, error what) {
  redact_text(by, what.what);
  if (what.cause)
    what.cause = std::make_shared<const error>(redact(by, *what.cause));
  return what;
}

step_outcome redact(const redactor& by, step_outcome what) {
  if (what.why)
    what.why = redact(by, std::move(*what.why));
  if (what.view)
    for (auto& line : what.view->ill)
      redact_beginning(by, line);
  for (auto& answer : what.checks) {
    redact_text(by, answer.check);
    redact_beginning(by, answer.why);
  }
  redact_lines(by, what.notes);
  for (auto& [fact, value] : what.facts)
    if (is_free(fact))
      redact_text(by, value);
  return what;
}

fleet redact(const redactor& by, fleet what) {
  return redact_said(by, std::move(what));
}

plan redact(const redactor& by, plan what) {
  return redact_said(by, std::move(what));
}

record redact(const redactor& by, record what) {
  std::visit(free_texts{by}, what.what);
  return what;
}

} // namespace baton
