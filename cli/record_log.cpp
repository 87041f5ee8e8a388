#include "cli/record_log.hpp"

#include "runtime/log/log.hpp"

#include <optional>
#include <utility>

namespace baton {

namespace {

log_level level_of(severity of) {
  return of == severity::critical  ? log_level::error
         : of == severity::warning ? log_level::warning
                                   : log_level::info;
}

/// Writes one record; `began` knows when running steps and phases began.
struct writer {
  const plan& of;
  std::map<std::string, time_point>& began;
  const record& what;
  log_fields fields;

  void operator()(const event::run_requested& e) {
    log(log_level::info,
        "run requested: " + e.plan->request.commit_hash + " to " + e.plan->request.environment
            + " by " + e.plan->requested_by,
        fields);
  }
  void operator()(const event::phase_started& e) {
    began[e.phase] = what.at;
    fields.phase = e.phase;
    fields.status = "started";
    log(log_level::info, e.phase + " started", fields);
  }
  void operator()(const event::step_started& e) {
    const auto id = step_id(of, e.phase, e.kind, e.of, e.attempt);
    began[id] = what.at;
    fields.actor = "host";
    fields.phase = e.phase;
    fields.host = e.target;
    fields.step = id;
    fields.attempt = e.attempt;
    fields.status = "started";
    log(log_level::info, line(e.of, e.kind) + " started", fields);
  }
  void operator()(const event::step_ended& e) {
    const auto id = step_id(of, e.phase, e.kind, e.of, e.attempt);
    take_time(id);
    fields.actor = "host";
    fields.phase = e.phase;
    fields.host = of.units[e.of].host;
    fields.step = id;
    fields.attempt = e.attempt;
    fields.status = e.outcome.why ? "failed" : "ok";
    fields.why = e.outcome.why ? &*e.outcome.why : nullptr;
    log(e.outcome.why ? log_level::error : log_level::info,
        line(e.of, e.kind) + (e.outcome.why ? " failed" : " ok"), fields);
    for (const auto& note : e.outcome.notes)
      log(log_level::info, note, fields);
  }
  void operator()(const event::step_stopped& e) {
    fields.phase = e.phase;
    fields.host = of.units[e.of].host;
    log(log_level::warning, line(e.of, e.kind) + " is being stopped", fields);
  }
  void operator()(const event::retry_scheduled& e) {
    fields.phase = e.phase;
    fields.host = of.units[e.of].host;
    fields.attempt = e.attempt;
    log(log_level::warning, unit_name(of, e.of) + ": another attempt follows", fields);
  }
  void operator()(const event::retry_due&) {}
  void operator()(const event::phase_ended& e) {
    take_time(e.phase);
    fields.phase = e.phase;
    fields.status = to_string(e.outcome);
    log(e.outcome == phase_outcome::failed ? log_level::error : log_level::info,
        e.phase + " " + std::string{to_string(e.outcome)}, fields);
  }
  void operator()(const event::rollback_started& e) {
    fields.phase = e.phase;
    log(log_level::warning, "rolling back after " + e.phase, fields);
  }
  void operator()(const event::cancel_requested& e) {
    log(log_level::warning, "cancelled by " + e.by, fields);
  }
  void operator()(const event::alert_raised& e) {
    fields.phase = e.phase;
    fields.host = e.host;
    log(level_of(e.severity), "alert: " + e.text, fields);
  }
  void operator()(const event::run_finished& e) {
    const auto& told = *e.result;
    fields.status = told.status ? to_string(*told.status) : "unfinished";
    fields.why = told.why ? &*told.why : nullptr;
    fields.took = duration{static_cast<std::int64_t>(told.duration_seconds * 1000)};
    log(told.status == status::success ? log_level::info : log_level::error,
        "run finished: " + std::string{fields.status}, fields);
  }
  template <class OfNoRun>
  void operator()(const OfNoRun&) {}

  /// How long it took, where this process saw it begin.
  void take_time(const std::string& of_what) {
    if (const auto found = began.find(of_what); found != began.end()) {
      fields.took = what.at - found->second;
      began.erase(found);
    }
  }

  std::string line(unit_id unit, step_kind kind) const {
    return unit_name(of, unit) + ": " + std::string{to_string(kind)};
  }
};

} // namespace

void record_log::on_record(const record& what) {
  if (const auto* end = std::get_if<event::step_ended>(&what.what)) {
    const auto found = prints_.find(step_id(*of_, end->phase, end->kind, end->of, end->attempt));
    if (found != prints_.end()) {
      auto& [note, from] = found->second;
      write_line(note, from, std::exchange(from.rest, {}));
      prints_.erase(found);
    }
  }
  log_fields fields;
  fields.actor = "supervisor";
  fields.run = what.run;
  fields.fleet = of_->fleet.name;
  fields.event = type_name(what.what);
  writer to{*of_, began_, what, fields};
  std::visit(to, what.what);
}

void record_log::on_output(const output_note& note) {
  if (!is_logged(log_level::debug))
    return;
  auto& [label, from] = prints_[note.step_id];
  label = note;
  label.text.clear();
  for (std::string_view text = note.text; !text.empty();) {
    const auto end = text.find('\n');
    const bool is_whole = end != std::string_view::npos;
    const auto piece = text.substr(0, end);
    text.remove_prefix(is_whole ? end + 1 : text.size());
    if (!from.skips)
      from.rest += piece.substr(0, line_bytes_max + 1 - from.rest.size());
    const bool is_long = from.rest.size() > line_bytes_max;
    if (!from.skips && (is_whole || is_long))
      write_line(label, from, std::exchange(from.rest, {}));
    from.skips = !is_whole && (from.skips || is_long);
  }
}

void record_log::write_line(const output_note& note, printing& from, std::string_view line) {
  while (line.ends_with('\r'))
    line.remove_suffix(1);
  if (line.empty() || from.lines > lines_max)
    return;
  log_fields fields;
  fields.run = note.run;
  fields.fleet = of_->fleet.name;
  fields.host = note.target;
  fields.phase = note.phase;
  fields.step = note.step_id;
  fields.actor = "host";
  fields.event = "step_output";
  fields.stream = "output";
  if (from.lines++ == lines_max)
    log(log_level::debug, "[more lines: baton logs " + note.run + "]", fields);
  else if (line.size() > line_bytes_max)
    log(log_level::debug, std::string{line.substr(0, line_bytes_max)} + "…", fields);
  else
    log(log_level::debug, line, fields);
}

output_files::output_files(std::filesystem::path state_folder,
                           std::shared_ptr<const redactor> secrets)
    : state_folder_{std::move(state_folder)}, secrets_{std::move(secrets)} {}

void output_files::on_record(const record& what) {
  if (const auto* begun = std::get_if<event::run_requested>(&what.what))
    of_ = begun->plan;
  if (const auto* end = std::get_if<event::step_ended>(&what.what); end && of_)
    open_.erase(step_id(*of_, end->phase, end->kind, end->of, end->attempt));
}

void output_files::on_output(const output_note& note) {
  auto found = open_.find(note.step_id);
  if (found == open_.end()) {
    auto opened = step_output::open(state_folder_, note.step_id, secrets_);
    if (!opened)
      return; // told of in the log; a run does not fail by it
    found = open_.emplace(note.step_id, std::move(*opened)).first;
  }
  found->second.append(note.text);
}

} // namespace baton
