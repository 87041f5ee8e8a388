#include "cli/view/model.hpp"

#include "cli/view/text.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

phase_line* line_of(view_model& view, const std::string& phase) {
  auto found = std::find_if(view.phases.begin(), view.phases.end(),
                            [&](const phase_line& line) { return line.id == phase; });
  return found == view.phases.end() ? nullptr : &*found;
}

void begin(view_model& view, const event::run_requested& what, time_point at) {
  view.of = what.plan;
  view.began = at;
  view.phases.clear();
  for (const auto& phase : what.plan->phases) {
    phase_line line;
    line.id = phase.id;
    if (phase.skipped) {
      line.outcome = phase_outcome::skipped;
      line.note = *phase.skipped;
    }
    view.phases.push_back(std::move(line));
  }
}

constexpr std::size_t last_line_columns_max = 500;

std::string id_of(const view_model& view, const std::string& phase, step_kind kind, unit_id of,
                  int attempt) {
  return step_id(*view.of, phase, kind, of, attempt);
}

struct folder {
  view_model& view;
  time_point at;

  void operator()(const event::run_requested& what) const { begin(view, what, at); }

  void operator()(const event::phase_started& what) const {
    if (auto* line = line_of(view, what.phase)) {
      line->active = true;
      line->since = at;
    }
  }

  void operator()(const event::step_started& what) const {
    active_step step;
    step.phase = what.phase;
    step.unit = unit_name(*view.of, what.of);
    step.what = to_string(what.kind);
    step.attempt = what.attempt;
    step.since = at;
    if (auto* line = line_of(view, what.phase))
      line->retry_at.erase(step.unit);
    view.active[id_of(view, what.phase, what.kind, what.of, what.attempt)] = std::move(step);
  }

  void operator()(const event::step_ended& what) const {
    view.active.erase(id_of(view, what.phase, what.kind, what.of, what.attempt));
    if (what.kind == step_kind::resolve && !what.outcome.why) {
      auto commit = what.outcome.facts.find("commit");
      if (commit != what.outcome.facts.end())
        view.commit = commit->second;
    }
    auto* line = line_of(view, what.phase);
    if (line && what.outcome.why && line->note.empty())
      line->note = describe(*what.outcome.why);
  }

  void operator()(const event::step_stopped&) const {}

  void operator()(const event::retry_scheduled& what) const {
    if (auto* line = line_of(view, what.phase))
      line->retry_at[unit_name(*view.of, what.of)] = what.at;
  }

  void operator()(const event::retry_due&) const {}

  void operator()(const event::phase_ended& what) const {
    if (auto* line = line_of(view, what.phase)) {
      line->active = false;
      line->outcome = what.outcome;
      line->until = at;
      line->retry_at.clear();
      if (what.outcome == phase_outcome::ok)
        line->note.clear();
    }
  }

  void operator()(const event::rollback_started& what) const { view.rolling_back = what.phase; }
  void operator()(const event::cancel_requested&) const { view.cancelled = true; }
  void operator()(const event::alert_raised&) const {}
  void operator()(const event::run_finished&) const {
    view.active.clear();
    view.rolling_back.reset();
  }

  template <class OfNoRun>
  void operator()(const OfNoRun&) const {}
};

} // namespace

void fold_record(view_model& view, const record& what) {
  std::visit(folder{view, what.at}, what.what);
}

void fold_output(view_model& view, const std::string& step_id, std::string_view text) {
  const auto found = view.active.find(step_id);
  if (found == view.active.end())
    return;
  auto& step = found->second;
  constexpr std::size_t unread_max = 4096; // of a line without end: its last part
  step.unread += text;
  if (step.unread.size() > unread_max)
    step.unread.erase(0, step.unread.size() - unread_max);
  // The last line that says something; a bar redrawn with \r counts as lines too.
  constexpr const char* breaks = "\r\n";
  std::string_view rest{step.unread};
  while (!rest.empty()) {
    const auto at = rest.find_last_of(breaks);
    const auto begin = at == rest.npos ? 0 : at + 1;
    auto line = printable(rest.substr(begin), last_line_columns_max);
    if (line.find_first_not_of(' ') != line.npos) {
      step.last_line = std::move(line);
      break;
    }
    rest = rest.substr(0, at == rest.npos ? 0 : at);
  }
  if (const auto at = step.unread.find_last_of(breaks); at != std::string::npos)
    step.unread.erase(0, at + 1);
}

} // namespace baton
