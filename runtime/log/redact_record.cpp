#include "runtime/log/redact_record.hpp"

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

template <class Details>
void redact_details(const redactor& by, Details& details) {
  if (details.error)
    redact_text(by, *details.error);
}

struct free_texts {
  const redactor& by;

  void operator()(event::step_ended& ended) const {
    auto& outcome = ended.outcome;
    if (outcome.why)
      outcome.why = redact(by, std::move(*outcome.why));
    if (outcome.view)
      redact_lines(by, outcome.view->ill);
    for (auto& answer : outcome.checks) {
      redact_text(by, answer.check);
      redact_text(by, answer.why);
    }
    redact_lines(by, outcome.notes);
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

record redact(const redactor& by, record what) {
  std::visit(free_texts{by}, what.what);
  return what;
}

} // namespace baton
