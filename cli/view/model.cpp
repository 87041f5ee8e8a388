#include "cli/view/model.hpp"

#include <fmt/format.h>

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
  void operator()(const event::alert_raised& what) const { view.alerts.push_back(what.text); }
  void operator()(const event::run_finished&) const {
    view.active.clear();
    view.rolling_back.reset();
  }
};

struct symbols {
  const char* ok;
  const char* failed;
  const char* active;
  const char* open;
  const char* skipped;
};

constexpr symbols unicode{"✔", "✘", "●", "·", "–"};
constexpr symbols ascii{"+", "x", "*", ".", "-"};

const char* symbol_of(const phase_line& line, const symbols& set) {
  if (line.active)
    return set.active;
  switch (line.outcome) {
  case phase_outcome::ok:
    return set.ok;
  case phase_outcome::failed:
  case phase_outcome::cancelled:
    return set.failed;
  case phase_outcome::skipped:
    return set.skipped;
  case phase_outcome::not_run:
    break;
  }
  return set.open;
}

/// The guards between phases are shown only while they have something to say.
bool is_shown(const phase_line& line) {
  return line.active || line.outcome == phase_outcome::failed
         || line.id.find(':') == std::string::npos;
}

std::string time_of(const phase_line& line, time_point now) {
  if (!line.since)
    return "";
  return human_duration(line.until.value_or(now) - *line.since);
}

std::string step_line(const active_step& step, time_point now) {
  auto text =
      fmt::format("     {:<14} {} {}", step.unit, step.what, human_duration(now - step.since));
  if (step.attempt > 1)
    text += fmt::format(" (attempt {})", step.attempt);
  if (!step.last_line.empty())
    text += "  " + step.last_line;
  return text;
}

} // namespace

void fold_record(view_model& view, const record& what) {
  std::visit(folder{view, what.at}, what.what);
}

void fold_output(view_model& view, const std::string& step_id, std::string_view text) {
  auto found = view.active.find(step_id);
  if (found == view.active.end())
    return;
  // The last line that says something; a bar redrawn with \r counts as lines too.
  while (!text.empty()) {
    const auto end = text.find_last_not_of("\r\n");
    if (end == std::string_view::npos)
      return;
    text = text.substr(0, end + 1);
    const auto start = text.find_last_of("\r\n");
    auto line = printable(start == std::string_view::npos ? text : text.substr(start + 1), 200);
    if (line.find_first_not_of(' ') != std::string::npos) {
      found->second.last_line = std::move(line);
      return;
    }
    if (start == std::string_view::npos)
      return;
    text = text.substr(0, start);
  }
}

std::vector<std::string> draw(const view_model& view, time_point now, std::size_t width,
                              std::size_t height, bool plain_ascii) {
  std::vector<std::string> lines;
  if (!view.of || width == 0 || height == 0)
    return lines;
  const auto& set = plain_ascii ? ascii : unicode;
  const auto add = [&](const std::string& text) { lines.push_back(printable(text, width)); };

  auto what = view.of->request.commit_hash;
  if (!view.commit.empty() && view.commit.substr(0, 12) != what.substr(0, 12))
    what += " (" + view.commit.substr(0, 12) + ")";
  add(fmt::format("{} to {}  run {}  {}{}", what, view.of->request.environment, view.of->run,
                  human_duration(now - *view.began), view.cancelled ? "  cancelling" : ""));
  for (const auto& line : view.phases) {
    if (!is_shown(line))
      continue;
    auto text = fmt::format(" {} {:<14} {:>7}", symbol_of(line, set), line.id, time_of(line, now));
    if (!line.note.empty())
      text += "  " + line.note;
    add(text);
    for (const auto& [unit, at] : line.retry_at)
      if (at && line.active)
        add(fmt::format("     {:<14} tries again in {}", unit,
                        human_duration(std::max(*at - now, duration::zero()))));
    for (const auto& [id, step] : view.active)
      if (step.phase == line.id)
        add(step_line(step, now));
  }
  if (view.rolling_back) {
    add(fmt::format(" {} rolling back after {}", set.active, *view.rolling_back));
    for (const auto& [id, step] : view.active)
      if (step.phase.rfind("rollback:", 0) == 0)
        add(step_line(step, now));
  }
  if (lines.size() > height) {
    // Too many hosts for this terminal: the last lines are where it happens.
    const auto hidden = lines.size() - height + 1;
    lines.erase(lines.begin() + 1, lines.begin() + 1 + static_cast<std::ptrdiff_t>(hidden));
    if (lines.size() < height)
      lines.insert(lines.begin() + 1, printable(fmt::format("   … {} lines more", hidden), width));
  }
  return lines;
}

std::string printable(std::string_view text, std::size_t columns) {
  std::string out;
  std::size_t used = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0x1b) { // an escape sequence: up to its final letter
      ++i;
      if (i < text.size() && text[i] == '[')
        for (++i; i < text.size() && (text[i] < '@' || text[i] > '~'); ++i) {
        }
      ++i;
      continue;
    }
    if (c < 0x20 || c == 0x7f) {
      if (c == '\t' && used < columns) {
        out += ' ';
        ++used;
      }
      ++i;
      continue;
    }
    // One code point, one column: near enough for what tools print.
    std::size_t length = c < 0x80         ? 1
                         : (c >> 5) == 6  ? 2
                         : (c >> 4) == 14 ? 3
                         : (c >> 3) == 30 ? 4
                                          : 0;
    bool whole = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; whole && k < length; ++k)
      whole = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    if (used == columns)
      return out;
    if (whole) {
      out += text.substr(i, length);
    } else {
      out += '?';
      length = 1;
    }
    ++used;
    i += length;
  }
  return out;
}

std::string human_duration(duration length) {
  const auto ms = std::max<std::int64_t>(length.count(), 0);
  const auto s = ms / 1000;
  if (s < 10)
    return fmt::format("{}.{}s", s, ms % 1000 / 100);
  if (s < 60)
    return fmt::format("{}s", s);
  if (s < 3600)
    return fmt::format("{}m {:02}s", s / 60, s % 60);
  return fmt::format("{}h {:02}m", s / 3600, s % 3600 / 60);
}

} // namespace baton
